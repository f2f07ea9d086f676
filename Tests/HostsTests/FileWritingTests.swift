import Glibc
import Hosts
import Lab
import Schema
import Testing
import Vocabulary

/// The shells that hosts have as `sh`.
enum Shell: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case dash, bash, busybox

    static var installed: [Shell] {
        allCases.filter { shell in
            ["/bin", "/usr/bin"].contains { access("\($0)/\(shell.rawValue)", X_OK) == 0 }
        }
    }

    var testDescription: String { rawValue }

    var transport: ShellTransport {
        switch self {
        case .dash: ShellTransport(["dash"])
        case .bash: ShellTransport(["bash", "--posix"])
        case .busybox: ShellTransport(["busybox", "sh"])
        }
    }
}

@Suite struct FileWritingTests {
    private func with(
        _ shell: Shell, _ body: (ShellSession, String) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let session = ShellSession(over: shell.transport)
            do {
                try await body(session, folder)
            } catch {
                await session.close()
                throw error
            }
            await session.close()
        }
    }

    @Test(arguments: Shell.installed)
    func anyTextIsWrittenExactly(shell: Shell) async throws {
        let parts = [
            "'", "\"", "\\", "$HOME", "`id`", "EOF\n", "\n", "\r\n", "\t", "%s%d%%", "-n ", "ü",
            "→",
            "\u{81}\u{88}", "!", "a", " ", "'\\''", "#", "\u{1E}", "\u{7F}", "\\c", "\\0",
        ]
        var texts = ["", "\n", "no newline", "-n", "-e", "--", "\\", "%"]
        for _ in 0..<60 {
            let count = Int.random(in: 1..<40)
            texts.append((0..<count).map { _ in parts.randomElement() ?? "" }.joined())
        }
        texts.append(String(repeating: "it's a long text\n", count: 5000))
        try await with(shell) { session, folder in
            for text in texts {
                let result = try await session.run(
                    .writing(SecretText(text), to: "\(folder)/-file"))
                #expect(result.status == 0)
                let written = try await fileBytes("\(folder)/-file")
                #expect(written == Array(text.utf8), "\(text.debugDescription)")
            }
        }
    }

    @Test(arguments: Shell.installed)
    func anyBytesAreWrittenExactly(shell: Shell) async throws {
        try await with(shell) { session, folder in
            for count in [0, 1, 2, 3, 255, 40_000] {
                let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max) }
                let result = try await session.run(.writing(bytes, to: "\(folder)/file"))
                #expect(result.status == 0)
                let written = try await fileBytes("\(folder)/file")
                #expect(written == bytes)
            }
            let hidden = try await session.run(
                .writing(SecretText(Sensitive("a\0b")), to: "\(folder)/file"))
            #expect(hidden.status == 0)
            let written = try await fileBytes("\(folder)/file")
            #expect(written == [0x61, 0, 0x62])
        }
    }

    @Test(arguments: Shell.installed)
    func aReplacedFileHasItsModeAndKeepsItUnlessToldOtherwise(shell: Shell) async throws {
        try await with(shell) { session, folder in
            let path = "\(folder)/it's"
            func state() async throws -> String {
                try await session.run("stat -c '%a %U' -- \(path); cat -- \(path); ls -A \(folder)")
                    .text
            }
            _ = try await session.run(
                .replacingFile(
                    at: path, with: .text(SecretText("one\n")), owner: "root", group: "root",
                    mode: "0640"))
            #expect(try await state() == "640 root\none\nit's\n")
            _ = try await session.run(.replacingFile(at: path, with: .output(of: "echo two")))
            #expect(try await state() == "640 root\ntwo\nit's\n")
            _ = try await session.run("rm -- \(path)")
            _ = try await session.run(.replacingFile(at: path, with: .bytes([0x33, 0x0A])))
            #expect(try await state() == "644 root\n3\nit's\n")
        }
    }

    @Test(arguments: Shell.installed)
    func whatIsNotValidIsNotPutInPlace(shell: Shell) async throws {
        try await with(shell) { session, folder in
            let path = "\(folder)/file"
            _ = try await session.run("echo old >\(path)")
            let refused = try await session.run(
                .replacingFile(
                    at: path, with: .text(SecretText("bad\n")),
                    validate: "grep good %s || { echo 'not good' >&2; false; }"))
            #expect(refused.status != 0)
            #expect(refused.errorText == "not good\n")
            let left = try await session.run("cat \(path); ls -A \(folder)")
            #expect(left.text == "old\nfile\n")
            let accepted = try await session.run(
                .replacingFile(
                    at: path, with: .text(SecretText("good\n")), validate: "grep -q good %s"))
            #expect(accepted.status == 0)
            #expect(try await fileBytes(path) == Array("good\n".utf8))
        }
    }

    @Test(arguments: Shell.installed)
    func whatAKilledRunLeftIsTakenAwayByTheNext(shell: Shell) async throws {
        try await with(shell) { session, folder in
            let path = "\(folder)/file"
            let leftover = ShellScript.temporaryPath(for: path)
            #expect(leftover == "\(folder)/.finflow-file")
            _ = try await session.run("echo half >\(leftover)")
            let result = try await session.run(
                .replacingFile(at: path, with: .text(SecretText("whole"))))
            #expect(result.status == 0)
            let left = try await session.run("ls -A \(folder)")
            #expect(left.text == "file\n")
        }
    }

    @Test(arguments: Shell.installed)
    func aFullDiskLeavesTheOldFile(shell: Shell) async throws {
        try await with(shell) { session, folder in
            let mounted = try await session.run("mount -t tmpfs -o size=64k tmpfs \(folder)")
            guard mounted.status == 0 else { return }  // not where mounting is not allowed
            let path = "\(folder)/file"
            _ = try await session.run("echo old >\(path)")
            let text = String(repeating: "x", count: 200_000)
            let result = try await session.run(
                .replacingFile(at: path, with: .text(SecretText(text))))
            #expect(result.status != 0)
            let left = try await session.run("cat \(path); ls -A \(folder); umount \(folder)")
            #expect(left.text == "old\nfile\n")
        }
    }

    @Test func aTemporaryNameNeverIsTooLong() {
        let name = String(repeating: "→", count: 85)
        let path = ShellScript.temporaryPath(for: "/etc/\(name)")
        #expect(path.hasPrefix("/etc/.finflow-"))
        #expect(path.utf8.count < 50)
        #expect(ShellScript.temporaryPath(for: "plain") == ".finflow-plain")
    }

    @Test(arguments: Shell.installed)
    func aSecretIsNoArgumentOfAnyProcess(shell: Shell) async throws {
        try await with(shell) { session, folder in
            let secret = "hunter2-\(UInt64.random(in: 0...UInt64.max))"
            let gate = "\(folder)/gate"
            _ = try await session.run("mkfifo \(gate)")
            let script: ShellScript = """
                \(ShellScript.writing(SecretText(Sensitive(secret)), to: "\(folder)/secret"))
                cat \(gate)
                """
            #expect(!script.shown.contains(secret))
            async let result = session.run(script)
            let seen = try await session.run(
                """
                until [ -s \("\(folder)/secret") ]; do sleep 0.01; done
                cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' ' >\("\(folder)/seen")
                echo >\(gate)
                """, lane: .slow)
            #expect(seen.status == 0)
            _ = try await result
            let processes = String(decoding: try await fileBytes("\(folder)/seen"), as: UTF8.self)
            #expect(processes.contains("/sbin") && !processes.contains(secret))
            #expect(try await fileBytes("\(folder)/secret") == Array(secret.utf8))
        }
    }

    @Test(arguments: Shell.installed)
    func everyShellAnswersEndsAndStreams(shell: Shell) async throws {
        try await with(shell) { session, folder in
            let result = try await session.run(#"printf 'a\0b'; echo c >&2; exit 7"#)
            #expect(result.status == 7 && result.output == [0x61, 0, 0x62])
            #expect(result.error == [0x63, 0x0A])
            #expect(try await session.run("echo 'open").status != 0)
            await #expect(throws: HostError.timedOut(.milliseconds(200))) {
                try await session.run(
                    "echo $$ >\("\(folder)/pid"); sleep 1000",
                    options: ScriptOptions(timeout: .milliseconds(200)))
            }
            let pid = String(
                decoding: try await fileBytes("\(folder)/pid").dropLast(), as: UTF8.self)
            #expect(!fileExists("/proc/\(pid)/exe"))
            let after = try await session.run("echo fine")
            #expect(after.text == "fine\n")
        }
    }
}
