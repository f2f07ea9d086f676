import FoundationEssentials
import Glibc
import Hosts
import Lab
import Loop
import Resources
import Testing
import Vocabulary

@testable import Setup

/// The scripts that guard a change, run by the shells that hosts have, in a directory of the
/// test's own, as on a host without systemd.
@Suite struct NetworkScriptTests {
    enum Shell: String, CaseIterable, CustomTestStringConvertible {
        case dash, bash, busybox

        static var installed: [Shell] {
            allCases.filter { shell in
                ["/bin", "/usr/bin"].contains { access("\($0)/\(shell.rawValue)", X_OK) == 0 }
            }
        }

        var testDescription: String { rawValue }

        var words: [String] {
            switch self {
            case .dash: ["dash"]
            case .bash: ["bash", "--posix"]
            case .busybox: ["busybox", "sh"]
            }
        }
    }

    /// A host that is a directory.
    private struct Stage: Sendable {
        let shell: Shell
        let root: String
        /// With a character that a shell must not take amiss.
        var directory: String { "\(root)/it's state/network" }

        func scripts(_ effect: String = "a/r/reload") -> NetworkGuardScripts {
            NetworkGuardScripts(directory: directory, effect: effect, seconds: 3600)
        }

        /// Who runs it is not root, so that no timer and no unit of this machine's is touched.
        /// And `sh` is the shell that is tried.
        func pretend() throws {
            let programs = [
                "id": "#!/bin/sh\necho 1000\n",
                "sh": "#!/bin/sh\nexec \(shell.words.joined(separator: " ")) \"$@\"\n",
            ]
            try write(programs, below: "\(root)/it's state/bin")
            for name in programs.keys { chmod("\(root)/it's state/bin/\(name)", 0o755) }
        }

        func run(_ script: ShellScript) async throws -> CollectedOutput {
            let words = shell.words + ["-c", script.withExposed { $0 }]
            let path = "PATH=\(root)/it's state/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            return try await ChildProcess.collect(Command("env", ["-i", path] + words))
        }

        /// What lies in a directory of the test's, with modes and contents.
        func picture() async throws -> String {
            try await run(
                """
                cd \(root) && find . -path './it*' -prune -o -printf '%p %m %u %y %l %T@\\n' -type f \
                -exec cat '{}' + | sort
                """
            ).outputText
        }

        func left() async throws -> [String] {
            let names = try await run(
                "cd \(directory) && ls -d armed-* reverting-* confirmed-* pending/* 2>/dev/null")
            return names.outputText.split(separator: "\n").map(String.init)
        }

        func answer(_ script: ShellScript) async throws -> NetworkGuardScripts.Answer? {
            let output = try await run(script)
            return NetworkGuardScripts.answer(
                ScriptResult(status: 0, output: output.output, error: output.error))
        }

        func change(
            _ script: ShellScript, repeats: Bool = true, token: String = "t",
            _ effect: String = "a/r/reload"
        ) -> ShellScript {
            scripts(effect).changing(
                script, repeats: repeats, token: token,
                record: [
                    JSON.Member("task", .string("it's \"this\"")), JSON.Member("seconds", 3600),
                ])
        }
    }

    private func on(_ shell: Shell, _ body: (Stage) async throws -> Void) async throws {
        try await withDirectory { root in
            let stage = Stage(shell: shell, root: root)
            try stage.pretend()
            _ = try await stage.run("mkdir -p \(stage.directory)")
            do {
                try await body(stage)
            } catch {
                _ = try await stage.run("cd \(stage.directory) && sh revert all failed")
                throw error
            }
            // Also what is armed at the end of a test shall end with it.
            _ = try await stage.run("cd \(stage.directory) && sh revert all failed")
        }
    }

    private static let oddNames = [
        "plain", "new\nline", "ends\n", "it's \"odd\"", "$(x) `y`", "-n",
    ]

    @Test(arguments: Shell.installed)
    func `what was kept is put back as it was, in reverse, and then the handler is done again`(
        shell: Shell
    ) async throws {
        try await on(shell) { stage in
            for (number, name) in Self.oddNames.enumerated() {
                let path = "\(stage.root)/\(name)"
                let made =
                    switch number % 3 {
                    case 0:
                        try await stage.run("printf 'old %s' \(name) >\(path); chmod 4640 \(path)")
                    case 1: try await stage.run("ln -s -- \("to " + name) \(path)")
                    default: try await stage.run(":")
                    }
                #expect(made.exit.isSuccess)
            }
            let before = try await stage.picture()
            let paths = Self.oddNames.map { "\(stage.root)/\($0)" }
            let state = Restoration(
                paths: paths, keeping: "echo kept >state",
                restoring: "cat state >>\(stage.root)/order")
            let kept = try await stage.run(stage.scripts().keeping(state))
            #expect(kept.exit.isSuccess, "\(kept.errorText)")
            for path in paths {
                _ = try await stage.run("rm -f -- \(path); echo new >\(path)")
            }
            let changed = try await stage.run(stage.change("echo acted >>\(stage.root)/order"))
            #expect(changed.exit.isSuccess, "\(changed.errorText)")
            let answer = try await stage.answer(stage.scripts().reverting("t", because: .failed))
            guard case .reverted(let record?) = answer else {
                Issue.record("\(String(describing: answer))")
                return
            }
            #expect(record.token == "t")
            #expect(record.because == "the change did not come to its end")
            #expect(record.failed == 0)
            #expect(Timestamp(record.reverted) != nil)
            let order = try await stage.run("cd \(stage.root) && cat order && rm order")
            #expect(order.outputText == "acted\nkept\nacted\n")
            // The directory itself has another time.
            func files(_ text: String) -> [Substring] {
                text.split(separator: "\n").filter { !$0.hasPrefix(". ") }
            }
            #expect(files(try await stage.picture()) == files(before))
            #expect(try await stage.left() == [])
        }
    }

    @Test(arguments: Shell.installed)
    func `a change that was confirmed is not put back any more`(shell: Shell) async throws {
        try await on(shell) { stage in
            let path = "\(stage.root)/file"
            _ = try await stage.run("echo old >\(path)")
            let keeping = stage.scripts().keeping(Restoration(paths: [path]))
            let made = try await stage.run(keeping + stage.change("echo new >\(path); echo said"))
            #expect(made.exit.isSuccess, "\(made.errorText)")
            #expect(made.outputText == "said\n")
            #expect(try await stage.left() == ["armed-t"])
            let confirmed = try await stage.run(
                stage.scripts().confirming("t"))
            #expect(confirmed.outputText == "confirmed\n")
            #expect(confirmed.exit.isSuccess)
            #expect(try await stage.left() == [])
            for cause in NetworkRevert.Cause.allCases {
                _ = try await stage.run("cd \(stage.directory) && sh revert t \(cause.rawValue)")
            }
            #expect(try await stage.run("cat \(path)").outputText == "new\n")
        }
    }

    @Test(arguments: Shell.installed)
    func `what stands in for a timer ends with what it waits for`(shell: Shell) async throws {
        try await on(shell) { stage in
            let made = try await stage.run(stage.change(":"))
            #expect(made.exit.isSuccess, "\(made.errorText)")
            let timer = try await stage.run("cat \(stage.directory)/armed-t/timer").outputText
            let process = try #require(Int32(timer.dropLast()))
            #expect(kill(process, 0) == 0)
            _ = try await stage.run(stage.scripts().confirming("t"))
            // Killed, and reaped by whoever is its parent now.
            let gone = try await stage.run(
                "while kill -0 \(Int(process)) 2>/dev/null && ! grep -q '^State:.Z' /proc/\(Int(process))/status 2>/dev/null; do sleep 0.1; done; echo gone"
            )
            #expect(gone.outputText == "gone\n")
        }
    }

    @Test(arguments: Shell.installed)
    func `of a confirmation and a revert at once one wins, and both say which`(
        shell: Shell
    ) async throws {
        try await on(shell) { stage in
            let path = "\(stage.root)/file"
            let rounds = getenv("FINFLOW_LONG") == nil ? 8 : 200
            for round in 0..<rounds {
                let token = "t\(round)"
                _ = try await stage.run("echo old >\(path)")
                let keeping = stage.scripts().keeping(Restoration(paths: [path]))
                let made = try await stage.run(
                    keeping + stage.change("echo new >\(path)", repeats: false, token: token))
                #expect(made.exit.isSuccess, "\(made.errorText)")
                async let confirming = stage.answer(
                    stage.scripts().confirming(token))
                async let reverting = stage.run(
                    "cd \(stage.directory) && sh revert \(token) unconfirmed")
                let (answer, _) = try await (confirming, reverting)
                let content = try await stage.run("cat \(path)").outputText
                switch answer {
                case .confirmed: #expect(content == "new\n")
                case .reverted(let record):
                    #expect(record?.token == token)
                    #expect(content == "old\n")
                case nil: Issue.record("no answer")
                }
                #expect(try await stage.left() == [])
                #expect(
                    try await stage.run("ls \(stage.directory)/last.json").exit.isSuccess
                        == (answer != .confirmed))
            }
        }
    }

    @Test(arguments: Shell.installed)
    func `what was kept before a change that never came into force stays what is put back`(
        shell: Shell
    ) async throws {
        try await on(shell) { stage in
            let path = "\(stage.root)/file"
            _ = try await stage.run("echo first >\(path)")
            let keeping = stage.scripts().keeping(Restoration(paths: [path]))
            for text in ["second", "third"] {
                let kept = try await stage.run(keeping + "echo \(text) >\(path)")
                #expect(kept.exit.isSuccess, "\(kept.errorText)")
            }
            // Another effect has nothing to do with it.
            _ = try await stage.run(stage.change(":", repeats: false, token: "other", "a/r/other"))
            _ = try await stage.answer(stage.scripts().reverting("other", because: .failed))
            #expect(try await stage.run("cat \(path)").outputText == "third\n")
            _ = try await stage.run(stage.change(":"))
            _ = try await stage.answer(stage.scripts().reverting("t", because: .failed))
            #expect(try await stage.run("cat \(path)").outputText == "first\n")
        }
    }

    @Test(arguments: Shell.installed)
    func `a revert that was cut off is finished, and while booting does nothing but put back`(
        shell: Shell
    ) async throws {
        try await on(shell) { stage in
            let path = "\(stage.root)/file"
            _ = try await stage.run("echo old >\(path)")
            let state = Restoration(
                paths: [path], keeping: ":", restoring: "echo \"boot $boot\" >\(stage.root)/boot")
            _ = try await stage.run(
                stage.scripts().keeping(state) + stage.change("echo acted >>\(path)"))
            let cut = try await stage.run(
                """
                cd \(stage.directory) && mv armed-t reverting-t && sh revert all booted
                cat \(path) \(stage.root)/boot last.json
                """)
            let lines = cut.outputText.split(separator: "\n")
            #expect(lines.prefix(2) == ["old", "boot 1"])
            let json = try JSON(parsing: String(lines.last ?? ""))
            #expect(json["task"]?.string == "it's \"this\"")
            #expect(json["because"]?.string?.contains("booted") == true)
            #expect(try await stage.left() == [])
        }
    }

    @Test(arguments: Shell.installed)
    func `a change that is still at work is ended before it is put back`(
        shell: Shell
    ) async throws {
        try await on(shell) { stage in
            let path = "\(stage.root)/file"
            _ = try await stage.run(
                "echo old >\(path); mkfifo \(stage.root)/go \(stage.root)/at-work")
            let change: ShellScript = """
                echo new >\(path)
                echo >\(stage.root)/at-work
                cat \(stage.root)/go
                echo late >\(path)
                """
            let keeping = stage.scripts().keeping(Restoration(paths: [path]))
            let script = keeping + stage.change(change, repeats: false)
            async let making = stage.run(script)
            _ = try await stage.run("cat \(stage.root)/at-work")
            let answer = try await stage.answer(stage.scripts().reverting("t", because: .abandoned))
            guard case .reverted? = answer else {
                Issue.record("\(String(describing: answer))")
                return
            }
            let made = try await making
            #expect(!made.exit.isSuccess)
            #expect(try await stage.run("cat \(path)").outputText == "old\n")
        }
    }

    /// By descriptor 9 those are found that are ended when a run is over.
    @Test(arguments: Shell.installed)
    func `what waits to put a change back holds no fence`(shell: Shell) async throws {
        try await on(shell) { stage in
            let fenced: ShellScript = """
                exec 9>>\("\(stage.root)/busy")
                \(stage.change("[ ! -e /proc/self/fd/9 ]"))
                """
            #expect(try await stage.run(fenced).exit.isSuccess)
            let waiting = try await stage.run(
                "read -r timer <\(stage.directory)/armed-t/timer && [ -d /proc/$timer ] && ls /proc/$timer/fd"
            )
            #expect(waiting.exit.isSuccess)
            #expect(!waiting.outputText.split(separator: "\n").contains("9"))
        }
    }

    @Test(arguments: Shell.installed)
    func `where nothing can be kept or another change is armed nothing is changed`(
        shell: Shell
    ) async throws {
        try await on(shell) { stage in
            let path = "\(stage.root)/file"
            let keeping = stage.scripts().keeping(Restoration(paths: [path]))
            _ = try await stage.run("echo >\(stage.directory)/pending")
            let unkept = try await stage.run(keeping + "echo new >\(path)")
            #expect(unkept.exit == .status(NetworkGuardScripts.unarmed))
            let unarmed = try await stage.run(stage.change("echo new >\(path)"))
            #expect(unarmed.exit == .status(NetworkGuardScripts.unarmed))
            _ = try await stage.run(
                "rm \(stage.directory)/pending; mkdir \(stage.directory)/armed-x")
            let busy = try await stage.run(stage.change("echo new >\(path)"))
            #expect(busy.exit == .status(NetworkGuardScripts.busy))
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test(arguments: Shell.installed)
    func `what a host says of itself is read`(shell: Shell) async throws {
        try await on(shell) { stage in
            let missing = NetworkProbe(directory: "\(stage.root)/none")
            let present = NetworkProbe(directory: stage.directory)
            func ask() async throws -> NetworkProbe.Answer? {
                let questions = [missing, present]
                let output = try await stage.run(NetworkProbe.script(for: questions)).output
                let answers = try NetworkProbe.answers(to: questions, from: output[...])
                #expect(answers[missing] == NetworkProbe.Answer())
                return answers[present]
            }
            #expect(try await ask() == NetworkProbe.Answer())
            _ = try await stage.run(stage.change(":"))
            #expect(try await ask() == NetworkProbe.Answer(isArmed: true))
            let settled = try await stage.run(
                "echo 0 >\(stage.directory)/armed-t/seconds\n"
                    + NetworkGuardScripts.settling(in: stage.directory))
            #expect(settled.exit.isSuccess, "\(settled.errorText)")
            let answer = try #require(try await ask())
            #expect(!answer.isArmed)
            #expect(answer.last?.because == NetworkRevert.Cause.abandoned.words)
            // Garbage is no record.
            _ = try await stage.run("echo '{' >\(stage.directory)/last.json")
            #expect(try await ask() == NetworkProbe.Answer())
        }
    }
}
