/// The name of a run: `20261124T140312Z-k3f9q2`, when it began and six random letters.
///
/// It sorts by time, is a file's name everywhere, and can be typed.
public struct RunID: Hashable, Sendable {
    public let text: String

    /// Crockford's base 32: no `i`, `l`, `o` or `u` to be misread.
    private static let letters = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    public init(at moment: Moment = .now) {
        var random = SystemRandomNumberGenerator()
        self.init(at: moment, using: &random)
    }

    init(at moment: Moment, using random: inout some RandomNumberGenerator) {
        let time = moment.description
        let compact = time.prefix(19).filter { $0 != "-" && $0 != ":" }
        let tail = (0..<6).map { _ in
            Self.letters[Int.random(in: 0..<Self.letters.count, using: &random)]
        }
        text = "\(compact)Z-\(String(decoding: tail, as: UTF8.self))"
    }

    /// `nil` for what is no run's name.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 23, bytes[16] == UInt8(ascii: "-"),
            bytes[17...].allSatisfy(Self.letters.contains),
            Moment(Self.extended(bytes)) != nil
        else { return nil }
        self.text = text
    }

    /// The second in which it began.
    public var began: Moment {
        Moment(Self.extended(Array(text.utf8))) ?? Moment(milliseconds: 0)
    }

    /// Its six letters.
    public var letters: Substring { text.suffix(6) }

    /// `20261124T140312Z` as ``Moment`` reads it.
    private static func extended(_ bytes: [UInt8]) -> String {
        let text = bytes.prefix(16).map { Character(UnicodeScalar($0)) }
        guard text.count == 16, text[8] == "T", text[15] == "Z" else { return "" }
        func part(_ range: Range<Int>) -> String { String(text[range]) }
        return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))"
            + "T\(part(9..<11)):\(part(11..<13)):\(part(13..<15)).000Z"
    }
}

extension RunID: Comparable, CustomStringConvertible {
    public static func < (left: Self, right: Self) -> Bool { left.text < right.text }
    public var description: String { text }
}
