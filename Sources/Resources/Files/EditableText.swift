/// A text that is edited by lines. Bytes that are no UTF-8 pass through it as they are.
struct EditableText: Hashable, Sendable {
    /// Without the newlines that end them.
    private(set) var lines: [[UInt8]]
    /// Whether the last line has its newline.
    private(set) var isEnded: Bool

    init(_ bytes: [UInt8]) {
        lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        isEnded = lines.last?.isEmpty ?? true
        if isEnded { lines.removeLast() }
    }

    var bytes: [UInt8] {
        Array(lines.joined(separator: [0x0A])) + (isEnded && !lines.isEmpty ? [0x0A] : [])
    }

    func text(at index: Int) -> String {
        String(decoding: lines[index], as: UTF8.self)
    }

    func indices(of line: String) -> [Int] {
        let bytes = Array(line.utf8)
        return lines.indices.filter { lines[$0] == bytes }
    }

    func indices(matching pattern: LinePattern) -> [Int] {
        let matches = pattern.matcher
        return lines.indices.filter { matches(text(at: $0)) }
    }

    mutating func replace(_ range: Range<Int>, with new: [String]) {
        // Every line but the last one had its newline, and what is put behind it ends it.
        if range.upperBound == lines.count { isEnded = true }
        lines.replaceSubrange(range, with: new.map { Array($0.utf8) })
    }

    mutating func insert(_ new: [String], at place: LinePlace) {
        let index = place.index(in: self)
        replace(index..<index, with: new)
    }

    mutating func remove(_ indices: [Int]) {
        for index in indices.sorted().reversed() { replace(index..<index + 1, with: []) }
    }
}

/// Where new lines go.
struct LinePlace: Hashable, Sendable {
    /// Behind the last line that matches.
    var after: LinePattern?
    /// In front of the first line that matches.
    var before: LinePattern?

    /// The end, where nothing is said or nothing matches.
    fileprivate func index(in text: EditableText) -> Int {
        let found =
            after.flatMap { text.indices(matching: $0).last.map { $0 + 1 } }
            ?? before.flatMap { text.indices(matching: $0).first }
        return found ?? text.lines.count
    }
}
