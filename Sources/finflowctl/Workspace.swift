import Glibc
import Hosts
import Playbook
import TaskGraph
import Template
import Vocabulary

/// What most commands begin with: the playbooks of an environment, read and checked.
struct Workspace {
    let project: Project
    let environment: String

    /// Without the credentials: what needs one is known only later.
    init(_ options: EnvironmentOptions, reach: Project.Reach = .named) throws {
        environment = options.environment
        do throws(Diagnostics) {
            project = try Self.draft(options, reach).project(with: nil)
        } catch {
            throw Failure(error, sources: options.sources)
        }
    }

    /// With the credentials, where anything needs one.
    ///
    /// - Parameter need: whether they must be had, or are taken where they are at hand.
    init(
        _ options: EnvironmentOptions, reach: Project.Reach = .named,
        opening identity: IdentityOptions, _ need: IdentityOptions.Need
    ) async throws {
        environment = options.environment
        do {
            let draft = try Self.draft(options, reach)
            let credentials = try await identity.credentials(for: draft, options, need)
            project = try draft.project(with: credentials)
        } catch let error as Diagnostics {
            throw Failure(error, sources: options.sources)
        }
    }

    private static func draft(
        _ options: EnvironmentOptions, _ reach: Project.Reach
    ) throws(Diagnostics) -> Project.Draft {
        Project.draft(
            root: options.playbooks, environment: options.environment,
            sets: try options.assignments(), implied: options.implied, reach: reach)
    }

    /// The hosts of a pattern; `origin` is what an error calls it.
    func hosts(_ pattern: String, from origin: String) throws -> [Host] {
        do throws(Diagnostics) {
            return try HostPattern(pattern, at: SourcePlace(file: origin, line: 1, column: 1))
                .hosts(in: project.environment.inventory)
        } catch {
            throw Failure(error, sources: project.sources.merging([origin: pattern]) { $1 })
        }
    }

    /// Each host with the directory in which what it remembers lies.
    ///
    /// A host without a task remembers nothing that this environment could have left there.
    func memories(of hosts: [Host]) -> [(host: Host, directory: String)] {
        let known = Dictionary(
            project.tasks.map { ($0.work.host.name, $0.work.stateDirectory) },
            uniquingKeysWith: { first, _ in first })
        return hosts.compactMap { host in known[host.name].map { (host, $0) } }
    }

    func graph(_ selection: SelectionOptions) throws -> Graph<HostTask> {
        do throws(Diagnostics) {
            return try project.graph(
                limit: try selection.limit.map { text throws(Diagnostics) in
                    try HostPattern(text, at: SourcePlace(file: "<--limit>", line: 1, column: 1))
                },
                tags: TagSelection(only: selection.tags, except: selection.skipTags))
        } catch {
            throw Failure(
                error,
                sources: project.sources.merging(["<--limit>": selection.limit ?? ""]) { $1 })
        }
    }
}

extension EnvironmentOptions {
    /// The variables set on the command line, by `--set` and by the options that stand for one.
    func assignments() throws(Diagnostics) -> [(String, String)] {
        var wrong = Diagnostics()
        var result: [(String, String)] = []
        for (index, text) in sets.enumerated() {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                wrong.add(
                    Diagnostic(
                        .badAssignment, "`\(text.visible)` sets nothing",
                        at: SourcePlace(file: "<--set \(index + 1)>", line: 1, column: 1),
                        hint: "write it as name=value"))
                continue
            }
            result.append((String(parts[0]), String(parts[1])))
        }
        try wrong.throwIfErrors()
        return result + spelledOut
    }

    /// What `--prefix` and `--system` set.
    private var spelledOut: [(String, String)] {
        (prefix.map { [("prefix", Self.absolute($0))] } ?? [])
            + (system ? [("system", "true")] : [])
    }

    /// Whether the command line says which environment.
    var isNamed: Bool {
        CommandLine.arguments.contains {
            $0 == "--env" || $0.hasPrefix("--env=") || ($0.hasPrefix("-e") && !$0.hasPrefix("--"))
        }
    }

    /// What is set where nobody says otherwise.
    var implied: [(String, String)] {
        guard environment == "local", let home = Environment["HOME"], !home.isEmpty else {
            return []
        }
        return [("prefix", Self.absolute("\(home)/.local/share/finflow"))]
    }

    /// The texts of the command line, by the names that places give them.
    var sources: [String: String] {
        var result: [String: String] = [:]
        let texts = sets + spelledOut.map { "\($0)=\($1)" }
        for (index, text) in texts.enumerated() { result["<--set \(index + 1)>"] = text }
        return result
    }

    /// An absolute path in its shortest form, as playbooks want them.
    private static func absolute(_ path: String) -> String {
        let whole = path.hasPrefix("/") ? path : "\(Environment.workingDirectory)/\(path)"
        var parts: [Substring] = []
        for part in whole.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}

extension Environment {
    static var workingDirectory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}

extension TaskLabels {
    init<Work>(_ graph: Graph<Work>) {
        for task in graph.tasks {
            if let place = task.place { places[task.id] = "\(place.file):\(place.line)" }
            if let host = task.host { totals[host, default: 0] += 1 }
        }
    }
}
