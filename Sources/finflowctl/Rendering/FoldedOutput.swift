import Vocabulary

/// What many hosts printed, hosts that printed the same folded together, the largest group
/// first.
struct FoldedOutput {
    struct Entry: Hashable {
        var status: String
        var output: String
        var error: String
        var isGood: Bool
    }

    private var groups: [Entry: [String]] = [:]
    private var order: [Entry] = []

    mutating func add(_ entry: Entry, host: String) {
        if groups[entry] == nil { order.append(entry) }
        groups[entry, default: []].append(host)
    }

    func text(style: Style) -> String {
        order.enumerated().sorted { left, right in
            let sizes = (groups[left.element]?.count ?? 0, groups[right.element]?.count ?? 0)
            return sizes.0 != sizes.1 ? sizes.0 > sizes.1 : left.offset < right.offset
        }.map { _, entry in
            let hosts = (groups[entry] ?? []).sorted()
            let alike = hosts.count > 1 ? style.dim("  (\(hosts.count) hosts alike)") : ""
            let status = entry.isGood ? style.dim(entry.status) : style.red(entry.status)
            var lines = ["\(style.bold(hosts.joined(separator: ", ")))\(alike)  \(status)"]
            lines += Self.lines(entry.output).map { "  \($0)" }
            lines += Self.lines(entry.error).map { "  \(style.yellow($0))" }
            return lines.joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func lines(_ text: String) -> [String] {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        if lines.last == "" { lines.removeLast() }
        return lines.map(\.visible)
    }
}
