import Vocabulary

/// What a header holds for one recipient: the file key, wrapped.
struct Stanza: Hashable, Sendable {
    static let columns = 64

    /// The first one names the type.
    var arguments: [String]
    var body: [UInt8]

    var type: String { arguments.first ?? "" }

    /// Lines of 64 columns; the last one is shorter, if need be empty.
    var encoded: [UInt8] {
        var text = Array("-> \(arguments.joined(separator: " "))\n".utf8)
        var rest = Array(Base64.encode(body, padded: false).utf8)[...]
        while rest.count >= Self.columns {
            text += rest.prefix(Self.columns) + [UInt8(ascii: "\n")]
            rest = rest.dropFirst(Self.columns)
        }
        return text + rest + [UInt8(ascii: "\n")]
    }
}
