import FoundationEssentials
import Glibc
import Lab
import Loop
import Testing

/// The built `finflowctl`, run as an operator runs it.
struct Program {
    /// A home directory of its own: `~/.ssh` there says how hosts are reached.
    let home: String
    let playbooks: String

    struct Outcome {
        var status: Int32?
        var output = ""
        var error = ""

        private struct Record: Decodable {
            var task: String?
            var status: String?
        }

        /// How each task ended, from the records of `--json`.
        var statuses: [String: String] {
            var result: [String: String] = [:]
            for line in output.split(separator: "\n") {
                guard
                    let record = try? JSONDecoder().decode(Record.self, from: Data(line.utf8)),
                    let task = record.task, let status = record.status
                else { continue }
                result[task] = status
            }
            return result
        }

        var changed: Set<String> { Set(statuses.filter { $0.value == "changed" }.keys) }
    }

    func command(_ arguments: [String]) throws -> Command {
        var environment: [String: String] = [:]
        for name in ["PATH", "USER", "LOGNAME"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        environment["HOME"] = home
        environment["FINFLOW_PLAYBOOKS"] = playbooks
        return Command(try Self.path, arguments, environment: environment)
    }

    static var path: String { get throws { try BuiltProgram.path("finflowctl") } }

    func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Outcome {
        Outcome(try await ChildProcess.collect(command(arguments)))
    }

    /// Runs the program where it sees no other process, as on another machine.
    func runElsewhere(_ arguments: [String]) async throws -> Outcome {
        var command = try command(arguments)
        command.arguments =
            ["--pid", "--fork", "--mount-proc", command.program] + command.arguments
        command.program = "unshare"
        return Outcome(try await ChildProcess.collect(command))
    }

    /// Runs the program; its peak memory in KiB, too.
    func runMeasured(_ arguments: [String]) async throws -> (outcome: Outcome, memory: Int) {
        var command = try command(arguments)
        command.arguments = ["-c", Self.measuring, command.program] + command.arguments
        command.program = "python3"
        let outcome = Outcome(try await ChildProcess.collect(command))
        let memory = outcome.error.split(separator: "\n").last.flatMap { Int($0) }
        return (outcome, try #require(memory, "\(outcome.error)"))
    }

    /// What the largest of its processes needed comes last on standard error.
    private static let measuring = """
        import resource, subprocess, sys
        status = subprocess.run(sys.argv[1:]).returncode
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
        sys.exit(status)
        """

    /// Runs a script of bash in which `"$0"` is the program.
    func shell(_ script: String) async throws -> Outcome {
        var command = try command(["-c", script, try Self.path])
        command.program = "bash"
        return Outcome(try await ChildProcess.collect(command))
    }

    /// Runs the program while `body` watches and interferes; then to its end.
    func run(
        _ arguments: [String], while body: (ChildProcess) async throws -> Void
    ) async throws -> Outcome {
        try await ChildProcess.withRunning(command(arguments)) { child in
            try await body(child)
            return Outcome(try await child.collect())
        }
    }
}

extension Program.Outcome {
    init(_ result: CollectedOutput) {
        if case .status(let number) = result.exit { status = number }
        output = result.outputText
        error = result.errorText
    }

    var lines: [Substring] { output.split(separator: "\n") }
}

extension Program {
    /// The project's own playbooks.
    static let checkout: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Playbooks of one role `test` for hosts that are all this machine, run in a directory that
    /// is gone afterwards.
    static func withLocalRole(
        _ role: String, hosts: [String] = ["localhost"],
        _ body: (Program, String) async throws -> Void
    ) async throws {
        try await withDirectory { root in
            let entries = hosts.map { "    \($0): { transport: local, become: false }\n" }
            // What several hosts remember must not be one for all.
            let memory = hosts.count == 1 ? "state" : "state/{{ host.name }}"
            try write(
                [
                    "site.yaml": "- hosts: all\n  roles: [test]\n",
                    "roles/test/role.yaml": "role: test\n" + role.replacing("ROOT", with: root),
                    "environments/local/environment.yaml":
                        "inventory:\n  hosts:\n\(entries.joined())"
                        + "vars: { state_directory: \"\(root)/\(memory)\" }\n",
                ], below: "\(root)/Playbooks")
            try await body(Program(home: root, playbooks: "\(root)/Playbooks"), root)
        }
    }
}

/// Writes files below a directory, with the directories that lead to them.
func write(_ files: [String: String], below root: String) throws {
    for (name, text) in files {
        let path = "\(root)/\(name)"
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(
            atPath: "/" + parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }
}
