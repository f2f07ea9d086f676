/// Names written in short: `app-[01:20]`, `db-[a:c]`, `rack[1:2]-node[0:10:2]`.
///
/// Ends belong to the range. A lower end with leading zeros gives all numbers its width.
struct HostRange: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case text(String)
        case choices([String])
    }

    struct Malformed: Error, Hashable {
        var reason: String
    }

    /// The most names that one range may stand for.
    static let limit = 100_000

    private var parts: [Part] = []

    static func isRange(_ text: String) -> Bool { text.contains("[") || text.contains("]") }

    init(_ text: String) throws(Malformed) {
        var rest = text[...]
        var count = 1
        while let open = rest.firstIndex(of: "[") {
            guard let close = rest[open...].firstIndex(of: "]") else {
                throw Malformed(reason: "`[` without `]`")
            }
            let choices = try Self.choices(rest[rest.index(after: open)..<close])
            count *= choices.count
            guard count <= Self.limit else {
                throw Malformed(reason: "it stands for more than \(Self.limit) names")
            }
            parts += [.text(String(rest[..<open])), .choices(choices)]
            rest = rest[rest.index(after: close)...]
        }
        guard !rest.contains("]") else { throw Malformed(reason: "`]` without `[`") }
        parts.append(.text(String(rest)))
    }

    /// In the order of the text; the last range changes fastest.
    var names: [String] {
        parts.reduce([""]) { names, part in
            switch part {
            case .text(let text): names.map { $0 + text }
            case .choices(let choices): names.flatMap { name in choices.map { name + $0 } }
            }
        }
    }

    private static func choices(_ range: Substring) throws(Malformed) -> [String] {
        let bounds = range.split(separator: ":", omittingEmptySubsequences: false)
        guard bounds.count == 2 || bounds.count == 3 else {
            throw Malformed(reason: "`[\(range)]` is not `[FROM:TO]` or `[FROM:TO:STEP]`")
        }
        guard let step = bounds.count == 3 ? bounds[2].plainNumber : 1, step > 0 else {
            throw Malformed(reason: "the step of `[\(range)]` is not a number above 0")
        }
        if let first = bounds[0].plainNumber, let last = bounds[1].plainNumber {
            return try numbers(from: first, to: last, by: step, like: bounds[0], in: range)
        }
        if let first = bounds[0].onlyLetter, let last = bounds[1].onlyLetter {
            guard first <= last else { throw Malformed(reason: "`[\(range)]` is empty") }
            return stride(from: first, through: last, by: step).map {
                String(UnicodeScalar(UInt8($0)))
            }
        }
        throw Malformed(reason: "the ends of `[\(range)]` are not two numbers or two letters")
    }

    private static func numbers(
        from first: Int, to last: Int, by step: Int, like sample: Substring, in range: Substring
    ) throws(Malformed) -> [String] {
        guard first <= last else { throw Malformed(reason: "`[\(range)]` is empty") }
        guard (last - first) / step < limit else {
            throw Malformed(reason: "`[\(range)]` stands for more than \(limit) names")
        }
        let width = sample.hasPrefix("0") ? sample.count : 0
        return stride(from: first, through: last, by: step).map { number in
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
    }
}

extension Substring {
    /// Digits alone: no sign.
    fileprivate var plainNumber: Int? {
        !isEmpty && utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            ? Int(self) : nil
    }

    fileprivate var onlyLetter: Int? {
        guard utf8.count == 1, let byte = utf8.first, Character(UnicodeScalar(byte)).isLetter else {
            return nil
        }
        return Int(byte)
    }
}
