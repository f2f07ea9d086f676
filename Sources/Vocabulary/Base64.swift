internal import FoundationEssentials

/// Base64 (RFC 4648 §4) in the one form that each sequence of bytes has: a text that would decode
/// but is not what encoding gives (bits left over, letters of no meaning, line breaks) is refused.
public enum Base64 {
    /// Whether `=` fills up the last group of a text.
    public enum Padding: Sendable {
        case required
        case forbidden
        case optional
    }

    public static func encode(_ bytes: some Sequence<UInt8>, padded: Bool = true) -> String {
        let text = Data(bytes).base64EncodedString()
        return padded ? text : String(text.prefix { $0 != "=" })
    }

    /// `nil` for anything that ``encode(_:padded:)`` does not make.
    public static func decode(
        _ text: some Collection<UInt8>, padding: Padding = .required
    ) -> [UInt8]? {
        var whole = Data(text)
        if padding != .required, whole.last != UInt8(ascii: "=") {
            whole.append(
                contentsOf: repeatElement(UInt8(ascii: "="), count: (4 - whole.count % 4) % 4))
        } else if padding == .forbidden {
            return nil
        }
        guard let data = Data(base64Encoded: whole), data.base64EncodedData() == whole else {
            return nil
        }
        return Array(data)
    }
}
