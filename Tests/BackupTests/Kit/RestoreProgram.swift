import Glibc
import Lab
import Loop
import Vocabulary

@testable import Backup

/// The built `finflowctl` with an environment `test` whose databases are on a server of the lab's.
struct RestoreProgram {
    let root: String
    let repository: TestRepository

    struct Outcome {
        var status: Int32?
        var output: String
        var error: String

        var all: String { "status \(status.map(String.init) ?? "none")\n\(output)\n\(error)" }
        /// Of `--json`.
        var records: [JSON] {
            output.split(separator: "\n").compactMap { try? JSON(parsing: Array($0.utf8)) }
        }
    }

    /// - Parameter databases: names of the environment's: those on the server.
    init(
        _ root: String, _ lab: PostgresLab, _ databases: [String: String], more: String = ""
    ) throws {
        self.root = root
        repository = TestRepository(root)
        var lines = ["databases:"]
        for (name, database) in databases.sorted(by: { $0.key < $1.key }) {
            lines.append(
                "  \(name): { host: 127.0.0.1, port: \(lab.port), user: postgres, database: \"\(database)\" }"
            )
        }
        lines += [
            "backup:", "  repository: \(root)/repository",
            "  recipients: [\(repository.identity.recipient)]",
            "  signing_key: \(root)/signing.key", "  copies: { offsite: \(root)/offsite }",
        ]
        let folder = "\(root)/Playbooks/environments/test"
        try makeFolders(folder)
        try write(
            lines.joined(separator: "\n") + "\n" + more, to: "\(folder)/environment.yaml")
        try repository.identity.encoded.withExposed { text in
            try FileCalls.create("\(root)/identity.txt", Array("\(text)\n".utf8), mode: 0o600)
        }
        try repository.signer.encoded.withExposed { text in
            try FileCalls.create("\(root)/signing.key", Array("\(text)\n".utf8), mode: 0o600)
        }
    }

    func command(_ arguments: [String]) throws -> Command {
        var environment: [String: String] = [:]
        for name in ["PATH", "USER", "LOGNAME"] {
            if let value = getenv(name) { environment[name] = String(cString: value) }
        }
        environment["HOME"] = root
        environment["FINFLOW_PLAYBOOKS"] = "\(root)/Playbooks"
        environment["FINFLOW_IDENTITY"] = "\(root)/identity.txt"
        return Command(
            try BuiltProgram.path("finflowctl"), ["backup"] + arguments + ["--env", "test"],
            environment: environment)
    }

    func run(_ arguments: String...) async throws -> Outcome {
        let result = try await ChildProcess.collect(try command(arguments))
        return Outcome(result)
    }

    /// Runs it, and kills it with no word when `isTime` says so of a line of its output.
    func runKilled(_ arguments: [String], when isTime: (Substring) -> Bool) async throws -> Bool {
        try await ChildProcess.withRunning(try command(arguments)) { child in
            var text = ""
            while let chunk = try await child.read() {
                guard case .output(let bytes) = chunk else { continue }
                text += String(decoding: bytes, as: UTF8.self)
                guard text.split(separator: "\n").contains(where: isTime) else { continue }
                kill(child.id, SIGKILL)
                _ = try await child.exit()
                return true
            }
            return false
        }
    }
}

extension RestoreProgram.Outcome {
    init(_ result: CollectedOutput) {
        var number: Int32?
        if case .status(let status) = result.exit { number = status }
        self.init(status: number, output: result.outputText, error: result.errorText)
    }
}
