/// Which credential, and which of its values: all that plans, journals and hosts keep of one.
public struct CredentialVersion: Hashable, Sendable {
    public var name: String
    /// 1 for the first value; it increases whenever the value changes.
    public var version: Int

    public init(_ name: String, _ version: Int) {
        self.name = name
        self.version = version
    }
}

extension CredentialVersion: Comparable, CustomStringConvertible {
    public static func < (left: Self, right: Self) -> Bool {
        (left.name, left.version) < (right.name, right.version)
    }

    /// `payments_db_password@3`
    public var description: String { "\(name)@\(version)" }
}

extension Sequence<CredentialVersion> {
    /// `credential payments_db_password@3`, `credentials a@1, b@2`; empty for none.
    public var inWords: String {
        let names = Set(self).sorted().map(\.description)
        guard !names.isEmpty else { return "" }
        return "credential\(names.count == 1 ? "" : "s") \(names.joined(separator: ", "))"
    }
}
