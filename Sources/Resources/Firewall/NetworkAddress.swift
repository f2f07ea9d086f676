import Glibc
import Schema
import Vocabulary

/// An address of the Internet or a network of them: `10.0.0.0/8`, `2001:db8::1`.
public struct NetworkAddress: Hashable, Sendable {
    public let text: String
    public let isVersion6: Bool

    /// - Returns: `nil` for anything that nft would take for a name or refuse.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = parts.first.map(String.init), parts.count <= 2 else { return nil }
        var bytes = in6_addr()
        if inet_pton(AF_INET, address, &bytes) == 1 {
            isVersion6 = false
        } else if inet_pton(AF_INET6, address, &bytes) == 1 {
            isVersion6 = true
        } else {
            return nil
        }
        if parts.count == 2 {
            guard let length = Int(parts[1]), (0...(isVersion6 ? 128 : 32)).contains(length),
                parts[1].allSatisfy(\.isNumber)
            else { return nil }
        }
        self.text = text
    }

    static let field = FieldType.text.map("address or network") {
        text, place throws(Diagnostics) in
        guard let address = NetworkAddress(text) else {
            throw Diagnostics([
                Diagnostic(
                    .invalidValue, "`\(text.visible)` is not an address or a network", at: place,
                    hint: "like `10.0.0.0/8` or `2001:db8::/32`")
            ])
        }
        return address
    }
}
