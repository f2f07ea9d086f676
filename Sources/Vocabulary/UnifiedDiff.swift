/// The difference of two texts, line by line, as `diff -u` shows it.
public struct UnifiedDiff: Hashable, Sendable {
    public struct Line: Hashable, Sendable {
        public enum Kind: Hashable, Sendable {
            case same, removed, added
        }

        public var kind: Kind
        /// Without its newline.
        public var text: String
        /// It is the last one of its text and no newline ends it.
        public var isUnended: Bool
    }

    /// Lines that changed, with those around them.
    public struct Hunk: Hashable, Sendable {
        /// The number of its first line before and after, counted from 1.
        public var startBefore: Int
        public var startAfter: Int
        public var lines: [Line]

        public var countBefore: Int { lines.count { $0.kind != .added } }
        public var countAfter: Int { lines.count { $0.kind != .removed } }
    }

    public let hunks: [Hunk]

    /// - Parameter context: how many unchanged lines stand around a change.
    public init(from before: String, to after: String, context: Int = 3) {
        hunks = Self.hunks(of: Self.script(from: before, to: after), context: context)
    }

    public var isEmpty: Bool { hunks.isEmpty }
}

extension UnifiedDiff: CustomStringConvertible {
    /// Without the two file names: hunk headings and lines, each with its mark. Control
    /// characters are written out (``Swift/StringProtocol/visible``).
    public var description: String {
        hunks.map(\.description).joined(separator: "\n")
    }
}

extension UnifiedDiff.Hunk: CustomStringConvertible {
    /// `@@ -1,4 +1,5 @@`; an empty side starts at the line before it, as in `diff -u`.
    public var heading: String {
        func range(_ start: Int, _ count: Int) -> String {
            count == 1 ? "\(start)" : "\(count == 0 ? start - 1 : start),\(count)"
        }
        return "@@ -\(range(startBefore, countBefore)) +\(range(startAfter, countAfter)) @@"
    }

    public var description: String {
        ([heading] + lines.map(\.description)).joined(separator: "\n")
    }
}

extension UnifiedDiff.Line: CustomStringConvertible {
    public var description: String {
        let mark =
            switch kind {
            case .same: " "
            case .removed: "-"
            case .added: "+"
            }
        return mark + text.visible + (isUnended ? "\n\\ No newline at end of file" : "")
    }
}

extension UnifiedDiff {
    /// The lines of a text, each with the newline that ends it. They are compared as bytes:
    /// to Swift a composed and a decomposed letter are equal, to a file they are not.
    private static func lines(of text: String) -> [ArraySlice<UInt8>] {
        let bytes = Array(text.utf8)
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for index in bytes.indices where bytes[index] == 0x0A {
            lines.append(bytes[start...index])
            start = index + 1
        }
        if start < bytes.count { lines.append(bytes[start...]) }
        return lines
    }

    private static func line(_ bytes: ArraySlice<UInt8>, _ kind: Line.Kind) -> Line {
        let isEnded = bytes.last == 0x0A
        let text = String(decoding: isEnded ? bytes.dropLast() : bytes, as: UTF8.self)
        return Line(kind: kind, text: text, isUnended: !isEnded)
    }

    /// All lines of both texts in the order of a listing: removed ones before added ones.
    private static func script(from before: String, to after: String) -> [Line] {
        let old = lines(of: before)
        let new = lines(of: after)
        var numbers: [ArraySlice<UInt8>: Int] = [:]
        func number(_ line: ArraySlice<UInt8>) -> Int {
            if let known = numbers[line] { return known }
            numbers[line] = numbers.count
            return numbers.count - 1
        }
        let common = CommonSubsequence(old.map(number), new.map(number))
        var result: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, !common.keptOnLeft[left] {
                result.append(line(old[left], .removed))
                left += 1
            } else if right < new.count, !common.keptOnRight[right] {
                result.append(line(new[right], .added))
                right += 1
            } else {
                result.append(line(old[left], .same))
                left += 1
                right += 1
            }
        }
        return result
    }

    private static func hunks(of script: [Line], context: Int) -> [Hunk] {
        var ranges: [Range<Int>] = []
        for index in script.indices where script[index].kind != .same {
            let lower = max(0, index - context)
            let upper = min(script.count, index + 1 + context)
            if let last = ranges.last, lower <= last.upperBound {
                ranges[ranges.count - 1] = last.lowerBound..<upper
            } else {
                ranges.append(lower..<upper)
            }
        }
        var (before, after, position) = (1, 1, 0)
        return ranges.map { range in
            // Between hunks all lines are the same: both sides go on alike.
            before += range.lowerBound - position
            after += range.lowerBound - position
            position = range.upperBound
            let hunk = Hunk(startBefore: before, startAfter: after, lines: Array(script[range]))
            before += hunk.countBefore
            after += hunk.countAfter
            return hunk
        }
    }
}
