public import Vocabulary

/// `timestamp with time zone`, in the notation of `DateStyle = ISO`, which is the default:
/// `2026-11-24 14:03:12.25+00`. Fractions of a second are cut off.
extension Timestamp: PostgresDecodable {
    public init?(_ cell: PostgresCell) {
        guard cell.type == .timestampWithTimeZone, let text = cell.text, text.utf8.count >= 20,
            let local = Timestamp("\(text.prefix(10))T\(text.dropFirst(11).prefix(8))Z")
        else { return nil }
        var rest = text.dropFirst(19)
        if rest.first == "." { rest = rest.dropFirst().drop { $0.isNumber } }
        guard let sign = rest.first, sign == "+" || sign == "-" else { return nil }
        let parts = rest.dropFirst().split(separator: ":").map { Int($0) }
        guard (1...3).contains(parts.count) else { return nil }
        var offset = 0
        for (part, unit) in zip(parts, [3600, 60, 1]) {
            guard let part else { return nil }
            offset += part * unit
        }
        self.init(seconds: local.seconds - (sign == "-" ? -offset : offset))
    }
}
