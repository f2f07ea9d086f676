/// What a host printed about itself, before it is made sense of.
struct FactSources {
    var files: [String: String]
    /// `df`, with a heading.
    var disks: String
    /// `ip -o addr`.
    var addresses: String
    /// Lines `name=value` of the probe's own.
    var said: String

    /// A file's text without the white space around it; `nil` where it is not there or empty.
    func text(_ path: String) -> String? {
        guard let text = files[path]?.trimmed, !text.isEmpty else { return nil }
        return text
    }

    func lines(_ path: String) -> [Substring] { files[path]?.split(separator: "\n") ?? [] }

    /// The value in a file of `name: value`, as `/proc/meminfo` is.
    func entry(_ name: String, in path: String) -> String? {
        lines(path).lazy.compactMap { line -> String? in
            guard let colon = line.firstIndex(of: ":"), line[..<colon].trimmed == name else {
                return nil
            }
            return line[line.index(after: colon)...].trimmed
        }.first
    }

    /// All values said under a name.
    func all(_ name: String) -> [String] {
        said.split(separator: "\n").compactMap { line in
            line.hasPrefix(name + "=") ? String(line.dropFirst(name.count + 1)) : nil
        }
    }

    func one(_ name: String) -> String? { all(name).first { !$0.isEmpty } }
}

extension StringProtocol {
    /// Without spaces, tabs and line ends around it.
    var trimmed: String {
        var part = self[...]
        while let first = part.first, first.isWhitespace { part.removeFirst() }
        while let last = part.last, last.isWhitespace { part.removeLast() }
        return String(part)
    }
}
