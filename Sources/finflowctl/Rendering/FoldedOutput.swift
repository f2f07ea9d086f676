import Hosts
import Vocabulary

/// What many hosts printed, hosts that printed the same folded together, the largest group
/// first, and groups of one size in the order of their hosts.
struct FoldedOutput {
    struct Entry: Hashable {
        var status: Int32
        var output: [UInt8]
        var error: [UInt8]
        var omittedOutput: ByteCount
        var omittedError: ByteCount

        init(_ result: ScriptResult) {
            status = result.status
            (output, error) = (result.output, result.error)
            (omittedOutput, omittedError) = (result.omittedOutput, result.omittedError)
        }
    }

    private var groups: [Entry: [String]] = [:]

    mutating func add(_ entry: Entry, host: String) {
        groups[entry, default: []].append(host)
    }

    func text(inOrderOf order: [String], style: Style) -> String {
        let ranks = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
        let sorted = groups.map { entry, hosts in
            (entry, hosts.sorted { ranks[$0, default: 0] < ranks[$1, default: 0] })
        }.sorted { left, right in
            let first = left.1.first.map { ranks[$0, default: 0] } ?? 0
            let second = right.1.first.map { ranks[$0, default: 0] } ?? 0
            return left.1.count != right.1.count
                ? left.1.count > right.1.count : first < second
        }
        return sorted.map { entry, hosts in
            var head = style.bold(hosts.joined(separator: ", "))
            if hosts.count > 1 { head += style.dim("  (\(hosts.count) hosts alike)") }
            if entry.status != 0 { head += "  " + style.red("status \(entry.status)") }
            return
                ([head] + Self.lines(entry.output, entry.omittedOutput)
                + Self.lines(entry.error, entry.omittedError).map(style.yellow))
                .joined(separator: "\n")
        }.joined(separator: "\n")
    }

    private static func lines(_ bytes: [UInt8], _ omitted: ByteCount) -> [String] {
        guard !bytes.contains(0) else {
            return ["  (binary, \(ByteCount(bytes.count + omitted.bytes)); --json has it)"]
        }
        // What was left out lies in the middle of what was kept.
        let middle = bytes.count / 2
        let parts = omitted.bytes > 0 ? [bytes[..<middle], bytes[middle...]] : [bytes[...]]
        return Array(
            parts.map { part in
                var lines = String(decoding: part, as: UTF8.self).split(
                    separator: "\n", omittingEmptySubsequences: false)
                if lines.last == "" { lines.removeLast() }
                return lines.map { "  \($0.visible)" }
            }.joined(separator: ["  … \(omitted) left out …"]))
    }
}
