import Vocabulary

/// A text of which, when it is long, the middle is left out.
public struct BoundedText: Hashable, Sendable {
    /// What is kept; ``omitted`` bytes were between ``head`` and ``tail``.
    public let head: String
    public let tail: String
    public let omitted: Int

    public init(_ text: String, limit: Int = 16 << 10) {
        let bytes = Array(text.utf8)
        guard bytes.count > limit else {
            (head, tail, omitted) = (text, "", 0)
            return
        }
        // Of what a program printed the end tells most; both are cut where lines end.
        let front = bytes.prefix(limit / 4)
        let back = bytes.suffix(limit - limit / 4)
        let start = front.lastIndex(of: 0x0A).map { front.index(after: $0) } ?? front.endIndex
        let end = back.firstIndex(of: 0x0A).map { back.index(after: $0) } ?? back.startIndex
        head = String(decoding: bytes[..<start], as: UTF8.self)
        tail = String(decoding: bytes[end...], as: UTF8.self)
        omitted = end - start
    }

    public var isEmpty: Bool { head.isEmpty && tail.isEmpty && omitted == 0 }

    /// With a line that says what was left out.
    public var text: String {
        guard omitted > 0 else { return head }
        return "\(head)… \(ByteCount(omitted)) left out …\n\(tail)"
    }

    var json: JSON? {
        if isEmpty { return nil }
        if omitted == 0 { return .string(head) }
        return ["head": .string(head), "omitted": .int(omitted), "tail": .string(tail)]
    }

    init?(_ json: JSON?) {
        switch json {
        case .string(let text): (head, tail, omitted) = (text, "", 0)
        case .object:
            guard let head = json?["head"]?.string, let tail = json?["tail"]?.string,
                let omitted = json?["omitted"]?.int, omitted >= 0
            else { return nil }
            (self.head, self.tail, self.omitted) = (head, tail, omitted)
        default: return nil
        }
    }
}
