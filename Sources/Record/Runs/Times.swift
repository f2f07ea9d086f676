public import Vocabulary

extension Timestamp {
    /// `2026-11-24 14:03:12`
    public var inWords: String {
        let text = description
        return text.prefix(10) + " " + text.dropFirst(11).prefix(8)
    }

    public func adding(seconds more: Double) -> Timestamp {
        Timestamp(seconds: seconds + Int(min(max(more, -1e10), 1e10).rounded(.down)))
    }
}

extension RunID {
    /// The letters at its end, which tell it from others as well.
    public var letters: String { String(rawValue.suffix(6)) }
}

func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
