import FoundationEssentials
import Glibc
import Loop
import Testing

/// `finflowctl secrets` as an operator uses it.
@Suite struct SecretsCommandTests {
    @Test func `a bare secrets prints help, and each command has examples`() async throws {
        try await Vault.open { vault in
            let bare = try await vault.run()
            #expect(bare.status == 0 && bare.output.contains("SUBCOMMANDS"))
            for words in [
                ["keygen"], ["edit"], ["set"], ["get"], ["list"], ["recipients"],
                ["recipients", "add"], ["recipients", "remove"], ["rekey"],
            ] {
                let help = try await vault.program.run(["secrets"] + words + ["--help"])
                #expect(help.status == 0 && help.output.contains("Examples:"), "\(words)")
            }
            let wrong = try await vault.run("set")
            #expect(wrong.status == 64 && wrong.error.contains("finflowctl secrets set"))
        }
    }

    @Test func `a key is for its owner alone and never replaces another`() async throws {
        try await Vault.open { vault in
            var information = stat()
            #expect(stat(vault.identity, &information) == 0)
            #expect(information.st_mode & 0o777 == 0o600)
            let before = try Data(contentsOf: URL(filePath: vault.identity))
            let again = try await vault.run("keygen")
            #expect(again.status == 65 && again.error.contains("FF1413"))
            #expect(try Data(contentsOf: URL(filePath: vault.identity)) == before)
            let other = try await vault.run("keygen", "--identity", "\(vault.root)/a/b/key")
            #expect(other.status == 0)
            let known = try await ChildProcess.collect(
                Command("age-keygen", ["-y", "\(vault.root)/a/b/key"]))
            #expect(known.outputText == other.output)
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: "\(vault.root)/a/b") == ["key"])
        }
    }

    @Test func `values are set, got and listed, with versions that count changes`() async throws {
        try await Vault.open { vault in
            #expect(try await vault.set("db", "hunter2\n").error.contains("db@1 is set, serial 1"))
            #expect(try await vault.get("db") == "hunter2")
            #expect(try await vault.set("db", "hunter2").error.contains("has this value already"))
            #expect(try await vault.set("db", "hunter3").error.contains("db@2 is set, serial 2"))
            #expect(try await vault.set("pem", "a\nb\n").status == 0)
            #expect(try await vault.get("pem") == "a\nb\n")
            #expect(try await vault.run("set", "random", "--generate", "32").status == 0)
            let random = try #require(try await vault.get("random"))
            #expect(random.count == 32 && random.allSatisfy { $0.isLetter || $0.isNumber })
            let list = try await vault.run("list")
            #expect(list.lines.count == 3 && list.output.contains("db      2  20"))
            #expect(!(list.output + list.error).contains("hunter"))
            let json = try await vault.run("list", "--json")
            #expect(json.lines.count == 4 && json.lines[0].contains("\"serial\":4"))
            #expect(json.lines[1].hasPrefix("{\"name\":\"db\",\"version\":2,"))
            let missing = try await vault.run("get", "dbb")
            #expect(missing.status == 65 && missing.output.isEmpty)
            #expect(
                missing.error.contains("FF1407") && missing.error.contains("did you mean `db`?"))
            for name in ["Db", "1a", "a-b", "a.b", ""] {
                let wrong = try await vault.set(name, "x")
                #expect(wrong.status != 0 && !wrong.error.contains("is set"), "\(name)")
            }
            #expect(try await vault.set("empty", "").status == 65)
        }
    }

    @Test func `the age program opens the file, and what it makes is read`() async throws {
        try await Vault.open { vault in
            _ = try await vault.set("db", "hunter2")
            let opened = try await vault.opened()
            #expect(opened.status == 0)
            #expect(
                opened.output.contains("serial: 1") && opened.output.contains("value: \"hunter2\""))
            #expect(
                try vault.bytes().starts(with: Array("-----BEGIN AGE ENCRYPTED FILE-----".utf8)))
            for armor in ["--armor", ""] {
                let edited = try await vault.shell(
                    """
                    set -e; cd '\(vault.directory)'
                    age -d -i '\(vault.identity)' secrets.age |
                        sed 's/hunter2/by hand/; s/^serial: .*/serial: 9/' >text
                    age -e \(armor) -R recipients.txt -o new text; mv new secrets.age; rm text
                    """)
                #expect(edited.status == 0, "\(edited.error)")
                #expect(try await vault.get("db") == "by hand")
            }
            #expect(try await vault.set("db", "x").error.contains("db@2 is set, serial 10"))
        }
    }

    @Test func `the key comes from a file, a path in the environment or standard input`()
        async throws
    {
        try await Vault.open { vault in
            _ = try await vault.set("db", "hunter2")
            let moved = "\(vault.root)/key"
            #expect(rename(vault.identity, moved) == 0)
            let none = try await vault.run("get", "db")
            #expect(none.status == 65 && none.error.contains("FF1403"))
            #expect(none.error.contains("secrets keygen"))
            for script in [
                "\"$0\" secrets get db --identity '\(moved)'",
                "FINFLOW_IDENTITY='\(moved)' \"$0\" secrets get db",
                "\"$0\" secrets get db --identity - <'\(moved)'",
                "\"$0\" secrets get db --identity <(cat '\(moved)')",
            ] {
                #expect(try await vault.shell(script).output == "hunter2", "\(script)")
            }
            let leaked = try await vault.shell(
                "FINFLOW_IDENTITY=$(grep AGE '\(moved)') \"$0\" secrets get db")
            #expect(leaked.status == 65 && leaked.error.contains("FF1404"))
            #expect(!leaked.error.contains("AGE-SECRET-KEY-1"))
            for command in ["get db --identity \"$K\"", "keygen --identity \"$K\""] {
                let told = try await vault.shell(
                    "cd '\(vault.root)' && K=$(grep AGE '\(moved)') && \"$0\" secrets \(command)")
                #expect(told.status == 65 && told.error.contains("FF1404"), "\(told.error)")
                #expect(told.error.contains("take this key for lost"))
                #expect(!(told.output + told.error).contains("AGE-SECRET-KEY-1"))
            }
            let added = try await vault.shell(
                "\"$0\" secrets recipients add \"$(grep AGE '\(moved)')\"")
            #expect(added.status == 65 && !added.error.contains("AGE-SECRET-KEY-1"))
            let made = try FileManager.default.contentsOfDirectory(atPath: vault.root)
            #expect(!made.contains { $0.contains("AGE-SECRET") })
            #expect(chmod(moved, 0o640) == 0)
            let exposed = try await vault.run("get", "db", "--identity", moved)
            #expect(exposed.status == 65 && exposed.error.contains("chmod 600 \(moved)"))
            #expect(!exposed.error.contains("AGE-SECRET-KEY"))
            let other = try await vault.run("keygen")
            #expect(other.status == 0)
            let foreign = try await vault.run("get", "db")
            #expect(foreign.status == 65 && foreign.error.contains("FF1205"))
        }
    }

    @Test func `a passphrase is asked for on a terminal without echo, and never without one`()
        async throws
    {
        try await Vault.open { vault in
            _ = try await vault.set("db", "hunter2")
            let pass = "korrekt Pferd"
            let key = try String(contentsOf: URL(filePath: vault.identity), encoding: .utf8)
            // The age program asks on its terminal too.
            let made = try await onTerminal(
                vault,
                "age --encrypt --passphrase --output '\(vault.root)/locked' '\(vault.identity)'",
                answering: [("assphrase", pass), ("onfirm", pass)])
            #expect(made.status == 0, "\(made.output)")
            #expect(chmod("\(vault.root)/locked", 0o600) == 0)
            let cron = try await vault.shell(
                "setsid \"$0\" secrets get db --identity '\(vault.root)/locked' </dev/null")
            #expect(cron.status == 65 && cron.error.contains("FF1405"))
            #expect(cron.error.contains("For cron and CI"))
            let asked = try await onTerminal(
                vault,
                "\"$0\" secrets get db --identity '\(vault.root)/locked' >'\(vault.root)/out'",
                answering: [("Passphrase of", pass)])
            #expect(asked.status == 0, "\(asked.output)")
            #expect(!asked.output.contains(pass))
            let out = try String(contentsOf: URL(filePath: "\(vault.root)/out"), encoding: .utf8)
            #expect(out == "hunter2")
            #expect(key.contains("AGE-SECRET-KEY-1"))
        }
    }

    @Test func `a value is asked for twice on a terminal, and not shown`() async throws {
        try await Vault.open { vault in
            let set = try await onTerminal(
                vault, "\"$0\" secrets set db",
                answering: [("Value of db:", "hunter2"), ("once more", "hunter2")])
            #expect(set.status == 0 && !set.output.contains("hunter2"), "\(set.output)")
            #expect(try await vault.get("db") == "hunter2")
            let unlike = try await onTerminal(
                vault, "\"$0\" secrets set db",
                answering: [("Value of db:", "hunter3"), ("once more", "hunter4")])
            #expect(unlike.status == 64 && unlike.output.contains("not alike"))
            #expect(try await vault.get("db") == "hunter2")
            let shown = try await onTerminal(vault, "\"$0\" secrets get db", answering: [])
            #expect(shown.output == "hunter2\r\n")
        }
    }

    @Test func `no value is asked for that could not be written`() async throws {
        try await Vault.open { vault in
            let typo = try await onTerminal(
                vault, "\"$0\" secrets set db --env stagign",
                answering: [("Value of db:", "hunter2"), ("once more", "hunter2")])
            #expect(typo.status == 65 && typo.output.contains("FF1401"), "\(typo.output)")
            #expect(typo.output.contains("there is no environment `stagign`"))
            #expect(!typo.output.contains("Value of db"))
            #expect(unlink("\(vault.directory)/recipients.txt") == 0)
            let nobody = try await onTerminal(
                vault, "\"$0\" secrets set db",
                answering: [("Value of db:", "hunter2"), ("once more", "hunter2")])
            #expect(nobody.status == 65 && nobody.output.contains("FF1411"), "\(nobody.output)")
            #expect(!nobody.output.contains("Value of db"))
        }
    }

    @Test func `recipients come and go, and the file with them`() async throws {
        try await Vault.open { vault in
            _ = try await vault.set("db", "hunter2")
            let second = "\(vault.root)/second"
            let key = try await vault.run("keygen", "--identity", second).output
                .trimmingSuffix("\n")
            #expect(try await vault.opened(with: second).status != 0)
            let added = try await vault.run("recipients", "add", key, "--comment", "ana, laptop")
            #expect(added.status == 0, "\(added.error)")
            #expect(try await vault.opened(with: second).output.contains("hunter2"))
            let list = try await vault.run("recipients")
            #expect(list.lines.count == 2 && list.lines.last.map(String.init) == key)
            let text = try String(
                contentsOf: URL(filePath: "\(vault.directory)/recipients.txt"), encoding: .utf8)
            #expect(text.contains("# ana, laptop\n\(key)\n"))
            let own = try #require(list.lines.first.map(String.init))
            let refused = try await vault.run("recipients", "remove", own)
            #expect(refused.status == 65 && refused.error.contains("--force"))
            #expect(try await vault.run("recipients", "remove", key).status == 0)
            #expect(try await vault.opened(with: second).status != 0)
            #expect(try await vault.opened().status == 0)
            #expect(try await vault.run("recipients", "remove", key).status == 65)
            let last = try await vault.run("recipients", "remove", own, "--force")
            #expect(last.status == 65 && last.error.contains("the last recipient"))
            let bad = try await vault.run("recipients", "add", "age1nonsense")
            #expect(bad.status == 65 && bad.error.contains("FF1208"))
        }
    }

    @Test func `a key that was slipped into recipients.txt gets nothing until somebody agrees`()
        async throws
    {
        try await Vault.open { vault in
            _ = try await vault.set("db", "hunter2")
            let second = "\(vault.root)/second"
            let key = try await vault.run("keygen", "--identity", second).output
            _ = try await vault.shell("printf %s '\(key)' >>'\(vault.directory)/recipients.txt'")
            let before = try vault.bytes()
            let refused = try await vault.set("db", "hunter3")
            #expect(refused.status == 65 && refused.error.contains("FF1410"))
            #expect(refused.error.contains(key.trimmingSuffix("\n")))
            #expect(try vault.bytes() == before)
            let agreed = try await vault.run("rekey")
            #expect(agreed.status == 0 && agreed.error.contains("+ \(key)"), "\(agreed.error)")
            #expect(try await vault.opened(with: second).output.contains("hunter2"))
        }
    }

    /// Runs a script on a terminal of its own; each answer is typed once its question was seen.
    private func onTerminal(
        _ vault: Vault, _ script: String, answering answers: [(question: String, answer: String)]
    ) async throws -> Program.Outcome {
        var command = try vault.program.command([
            "-c", "export P=\"$0\"; script -qefc \"$1\" /dev/null", try Program.path,
            script.replacing("\"$0\"", with: "\"$P\""),
        ])
        command.program = "bash"
        return try await ChildProcess.withRunning(command) { child in
            var seen = ""
            var rest = answers[...]
            while let chunk = try await child.read() {
                if case .output(let bytes) = chunk {
                    seen += String(decoding: bytes, as: UTF8.self)
                }
                if let next = rest.first, seen.contains(next.question) {
                    try await child.write(Array("\(next.answer)\n".utf8))
                    rest = rest.dropFirst()
                }
            }
            var outcome = Program.Outcome()
            if case .status(let status) = try await child.exit() { outcome.status = status }
            outcome.output = seen
            return outcome
        }
    }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: String) -> String {
        hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
    }
}
