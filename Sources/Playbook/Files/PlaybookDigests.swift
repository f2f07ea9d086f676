import Glibc
public import TaskGraph
public import Vocabulary

/// What tells one state of the playbooks from another: for plans that bind.
public struct PlaybookDigests: Hashable, Sendable {
    /// By path below the playbooks, the SHA-256 of each file that the tasks may be made from.
    public var files: [String: String] = [:]
    /// The text of each task as its role has it.
    public var declarations: [TaskID: String] = [:]
}

extension Project {
    /// - Parameters:
    ///   - root: the directory that the project was read from.
    ///   - graph: the tasks that are meant.
    public func digests(
        root: String, of graph: Graph<HostTask>
    ) throws(Diagnostics) -> PlaybookDigests {
        let root = PlaybookDirectory(root: root).root
        var digests = PlaybookDigests()
        let roles = Set(
            graph.tasks.compactMap { task in
                task.work.resource.map { String($0.role.prefix { $0 != "@" }) }
            })
        let paths =
            [
                "\(root)/site.yaml",
                "\(root)/environments/\(environment.name)/environment.yaml",
            ] + roles.sorted().flatMap { LocalFile.paths(below: "\(root)/roles/\($0)") }
        for path in paths {
            do throws(LocalFile.Failure) {
                digests.files[String(path.dropFirst(root.count + 1))] =
                    try cache.digest(of: path).sha256
            } catch {
                // What is no regular file is no file of a playbook.
                guard error.code != EINVAL else { continue }
                throw Diagnostics(
                    Diagnostic(
                        .missingPlaybookFile, "`\(path.visible)` cannot be read: \(error.reason)"))
            }
        }
        digests.declarations = declarations(of: graph)
        return digests
    }

    /// From where a task begins to where the next one in its file does.
    private func declarations(of graph: Graph<HostTask>) -> [TaskID: String] {
        var beginnings: [String: Set<Int>] = [:]
        for task in tasks {
            if let place = task.place { beginnings[place.file, default: []].insert(place.line) }
        }
        let sources = sources
        var pieces: [String: [Int: String]] = [:]
        for (file, lines) in beginnings {
            let text = (sources[file] ?? "").split(
                separator: "\n", omittingEmptySubsequences: false)
            let sorted = lines.sorted()
            for (line, next) in zip(sorted, sorted.dropFirst() + [text.count + 1]) {
                let range = max(0, line - 1)..<min(text.count, max(line - 1, next - 1))
                guard range.lowerBound < text.count else { continue }
                pieces[file, default: [:]][line] = text[range].joined(separator: "\n")
            }
        }
        return Dictionary(
            graph.tasks.compactMap { task in
                task.place.flatMap { place in pieces[place.file]?[place.line] }
                    .map { (task.id, $0) }
            }, uniquingKeysWith: { first, _ in first })
    }
}
