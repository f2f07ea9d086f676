import FoundationEssentials
import Vocabulary

/// The strict PEM of RFC 7468 §3, «ABNF (Strict)», around an age file.
struct ArmorWriter {
    static let begin = "-----BEGIN AGE ENCRYPTED FILE-----"
    static let end = "-----END AGE ENCRYPTED FILE-----"
    static let columns = 64
    private static let bytesPerLine = columns / 4 * 3

    private var hasBegun = false
    /// What does not fill a line yet.
    private var pending: [UInt8] = []

    mutating func write(_ bytes: [UInt8], into output: inout [UInt8]) {
        begin(into: &output)
        pending += bytes
        let count = pending.count - pending.count % Self.bytesPerLine
        guard count > 0 else { return }
        output += Data(pending.prefix(count)).base64EncodedData(
            options: [.lineLength64Characters, .endLineWithLineFeed])
        output.append(UInt8(ascii: "\n"))
        pending.removeFirst(count)
    }

    mutating func finish(into output: inout [UInt8]) {
        begin(into: &output)
        if !pending.isEmpty {
            output += "\(Base64.encode(pending))\n".utf8
            pending = []
        }
        output += Array("\(Self.end)\n".utf8)
    }

    private mutating func begin(into output: inout [UInt8]) {
        guard !hasBegun else { return }
        hasBegun = true
        output += Array("\(Self.begin)\n".utf8)
    }
}
