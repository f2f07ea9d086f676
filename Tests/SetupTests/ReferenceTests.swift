import FoundationEssentials
import Lab
import Loop
import Testing

/// Help, manual page, completions and README say the same, and what they show works.
@Suite struct ReferenceTests {
    private struct Tree: Decodable {
        struct Command: Decodable {
            var commandName: String
            var discussion: String?
            var shouldDisplay: Bool?
            var subcommands: [Command]?
        }

        var command: Command
    }

    private let program = Program(home: "/", playbooks: "\(Program.checkout)/Playbooks")

    private func commands() async throws -> [Tree.Command] {
        let dump = try await program.run("--experimental-dump-help").output
        let tree = try JSONDecoder().decode(Tree.self, from: Data(dump.utf8))
        return (tree.command.subcommands ?? []).filter {
            $0.shouldDisplay ?? true && $0.commandName != "help"
        }
    }

    private func readme() throws -> String {
        let path = "\(Program.checkout)/README.md"
        return try String(contentsOf: URL(filePath: path), encoding: .utf8)
    }

    /// What a line of an example runs, without its remark and what its output goes to.
    private static func words(of line: some StringProtocol) -> String {
        var result = ""
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "'" || character == "\"" {
                quote = character
            } else if "|>".contains(character) || result.hasSuffix("   ") {
                break
            }
            result.append(character)
        }
        return result
    }

    private func examples() async throws -> [String] {
        let help = try await program.run("--help").output
        let texts = try await commands().compactMap(\.discussion) + [help]
        return texts.flatMap { $0.split(separator: "\n") }
            .map { $0.drop { $0 == " " } }
            .filter { $0.hasPrefix("finflowctl ") }.map(Self.words)
    }

    @Test func `each command's help has examples, and they are of that command`() async throws {
        for command in try await commands() {
            let text = command.discussion ?? ""
            #expect(text.contains("Examples"), "\(command.commandName)")
            #expect(text.contains("finflowctl \(command.commandName)"), "\(command.commandName)")
        }
    }

    private static let role = "tasks: [{ id: a, file: { path: ROOT/f, content: x } }]"

    @Test func `each example of the help is accepted, and runs as far as no host is needed`()
        async throws
    {
        let examples = try await examples()
        #expect(examples.count > 20)
        for example in examples {
            let words = example.dropFirst("finflowctl ".count)
            let name = words.prefix { $0 != " " }
            // These are run one after the other: below, and where there is a database.
            if name == "secrets" || name == "backup" { continue }
            if ["setup", "plan", "drift", "undo", "unlock", "exec"].contains(name) {
                // Hosts are not reached for; but what it says of them is read, and right.
                let run = try await Program(home: "/", playbooks: "/nonexistent")
                    .shell("\"$0\" \(words)")
                #expect(run.status == 65, "\(example): \(run.error)")
                // A plan that is to be applied is read first of all.
                let missing = words.contains("--plan ") ? "change.plan" : "--playbooks"
                #expect(run.error.contains(missing), "\(example): \(run.error)")
                try await tryPattern(of: example)
            } else if name == "history" {
                // Of an environment that has a run.
                try await Program.withLocalRole(Self.role) { program, _ in
                    _ = try await program.run("setup")
                    let run = try await program.shell("\"$0\" \(words)")
                    #expect(run.status == 0, "\(example): \(run.error)")
                    #expect(!run.output.isEmpty || run.error.contains("report"), "\(example)")
                }
            } else {
                let run = try await program.shell("HOME=/tmp; \"$0\" \(words)")
                #expect(run.status == 0, "\(example): \(run.error)")
                #expect(!run.output.isEmpty, "\(example)")
            }
        }
    }

    @Test func `the examples of secrets work in their order`() async throws {
        try await withDirectory { root in
            let program = Program(home: root, playbooks: "\(root)/Playbooks")
            try write(["Playbooks/environments/staging/.keep": ""], below: root)
            let examples = try await examples().filter { $0.hasPrefix("finflowctl secrets ") }
            #expect(examples.count >= 6)
            for example in examples {
                let words = example.dropFirst("finflowctl ".count)
                    .replacing("age1…", with: "$(sed -n 's/^# public key: //p' .config/finflow/*)")
                let run = try await program.shell(
                    "cd '\(root)'; export EDITOR=true; echo value | \"$0\" \(words)")
                #expect(run.status == 0, "\(example): \(run.error)")
            }
        }
    }

    /// That the hosts of the example are there.
    private func tryPattern(of example: String) async throws {
        let words = example.split(separator: " ")
        guard let environment = words.firstIndex(of: "--env").map({ words[$0 + 1] }) else { return }
        let limit = words.firstIndex(of: "--limit").map { words[$0 + 1] }
        let named =
            switch words[1] {
            case "exec": words[4]
            case "unlock": words[2]
            default: limit ?? "all"
            }
        let run = try await program.shell(
            "\"$0\" inventory --env \(environment) --limit \(named)")
        #expect(run.status == 0, "\(example): \(run.error)")
        #expect(!run.output.isEmpty)
    }

    @Test func `README's table has each command, and none that is not there`() async throws {
        let rows = try readme().split(separator: "\n").filter { $0.hasPrefix("| `") }
            .map { String($0.split(separator: "|")[0]) }
        let text = rows.joined(separator: " ")
        let names = Set(try await commands().map(\.commandName))
        for name in names { #expect(text.contains("`finflowctl \(name)"), "\(name)") }
        for row in rows where row.contains("finflowctl") {
            let words = row.split(separator: " ")
            let name = words.count > 1 ? words[1].prefix { $0.isLetter } : ""
            #expect(names.contains(String(name)), "\(row)")
        }
    }

    @Test func `each command block of README is run by CI, word for word`() throws {
        let scripts = try [".ci/run", ".ci/long"].map { name in
            try String(contentsOf: URL(filePath: "\(Program.checkout)/\(name)"), encoding: .utf8)
        }
        let run = scripts.joined().split(separator: "\n").map { $0.drop { $0 == " " } }
            .filter { !$0.hasPrefix("#") }
        let blocks = try readme().split(separator: "```sh\n").dropFirst()
        #expect(blocks.count >= 5)
        for block in blocks {
            for line in block.split(separator: "```")[0].split(separator: "\n") {
                #expect(run.contains { $0.contains(line) }, "\(line)")
            }
        }
    }

    @Test func `the manual page has each command, and is one`() async throws {
        let page = try await program.run("manual")
        for command in try await commands() {
            #expect(page.output.contains(".Ss finflowctl \(command.commandName)\n"))
        }
        let drawn = try await ChildProcess.collect(
            Command("groff", ["-mdoc", "-Tutf8", "-ww", "-"]), input: Array(page.output.utf8))
        #expect(drawn.errorText == "")
        #expect(drawn.outputText.contains("finflowctl setup"))
        // What can be copied must be a hyphen, not a dash.
        #expect(drawn.outputText.contains("--dry-run"))
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completions are accepted by their shell and know each command`(
        shell: String
    ) async throws {
        let script = try await program.run("manual", "--completions", shell)
        for command in try await commands() {
            #expect(script.output.contains(command.commandName), "\(command.commandName)")
        }
        let checked = try await ChildProcess.collect(
            Command(shell, ["-n", "/dev/stdin"]), input: Array(script.output.utf8))
        #expect(checked.exit == .status(0), "\(checked.errorText)")
        #expect(checked.errorText == "")
    }
}
