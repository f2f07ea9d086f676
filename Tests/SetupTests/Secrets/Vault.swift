import FoundationEssentials
import Glibc
import Loop
import Testing

/// Credentials of an environment `local`, and a key that opens them, in a directory of their own.
struct Vault {
    let program: Program
    let root: String

    var directory: String { "\(root)/Playbooks/environments/local" }
    var file: String { "\(directory)/secrets.age" }
    var identity: String { "\(root)/.config/finflow/identity.txt" }

    /// - Parameter tasks: of the one role, for this machine; `ROOT` is the directory.
    static func open(
        _ tasks: String = "tasks: []\n", vars: String = "",
        _ body: (Vault) async throws -> Void
    ) async throws {
        try await Program.withLocalRole(tasks) { program, root in
            let vault = Vault(program: program, root: root)
            if !vars.isEmpty {
                let file = URL(filePath: "\(vault.directory)/environment.yaml")
                let text = try String(contentsOf: file, encoding: .utf8)
                try Data((text.replacing("vars: {", with: "vars: { \(vars),")).utf8).write(to: file)
            }
            let made = try await vault.shell(
                "\"$0\" secrets recipients add \"$(\"$0\" secrets keygen)\"")
            try #require(made.status == 0, "\(made.error)")
            try await body(vault)
        }
    }

    func run(_ words: String...) async throws -> Program.Outcome {
        try await program.run(["secrets"] + words)
    }

    func shell(_ script: String) async throws -> Program.Outcome { try await program.shell(script) }

    func set(_ name: String, _ value: String) async throws -> Program.Outcome {
        Program.Outcome(
            try await ChildProcess.collect(
                program.command(["secrets", "set", name]), input: Array(value.utf8)))
    }

    func get(_ name: String) async throws -> String? {
        let outcome = try await run("get", name)
        return outcome.status == 0 ? outcome.output : nil
    }

    /// What the `age` program makes of the file.
    func opened(with identity: String? = nil) async throws -> Program.Outcome {
        Program.Outcome(
            try await ChildProcess.collect(
                Command("age", ["--decrypt", "--identity", identity ?? self.identity, file])))
    }

    func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: file))) }

    /// The files beside secrets.age, hidden ones too.
    func files() throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: directory))
    }
}
