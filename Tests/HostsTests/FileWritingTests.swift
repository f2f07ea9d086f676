import Glibc
import Hosts
import Lab
import LabTraits
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
                let printing = ShellScript.printing(SecretText(text))
                let result = try await session.run("\(printing) >\("\(folder)/-file")")
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
                let printing = ShellScript.printing(bytes)
                let result = try await session.run("\(printing) >\("\(folder)/file")")
                #expect(result.status == 0)
                let written = try await fileBytes("\(folder)/file")
                #expect(written == bytes)
            }
            let printing = ShellScript.printing(SecretText(Sensitive("a\0b")))
            #expect(!printing.shown.contains("YQBi"))
            let hidden = try await session.run("\(printing) >\("\(folder)/file")")
            #expect(hidden.status == 0)
            let written = try await fileBytes("\(folder)/file")
            #expect(written == [0x61, 0, 0x62])
        }
    }

    @Test(.unless(.mountingIsRefused), arguments: Shell.installed)
    func aFullDiskIsToldAndKeepsNoPart(shell: Shell) async throws {
        try await with(shell) { session, folder in
            try await withSmallDisk(folder) {
                let bytes = [UInt8](repeating: 0x78, count: 60_000)
                _ = try await session.run("head -c 32768 /dev/zero >\("\(folder)/other")")
                let error = await #expect(throws: HostError.self) {
                    try await session.upload(
                        .bytes(bytes), to: "\(folder)/file", privilege: .login)
                }
                guard case .transferFailed? = error else {
                    Issue.record("it was \(String(describing: error))")
                    return
                }
                let left = try await session.run("ls -A \(folder)")
                #expect(left.text == "other\n")
            }
        }
    }

    @Test func aTemporaryNameIsShortHiddenAndAlwaysTheSame() {
        let name = String(repeating: "→", count: 85) + ".conf"
        let path = ShellScript.temporaryPath(for: "/etc/\(name)")
        #expect(path.hasPrefix("/etc/.finflow-") && path.utf8.count == 30)
        #expect(path == ShellScript.temporaryPath(for: "/etc/\(name)"))
        #expect(path != ShellScript.temporaryPath(for: "/etc/a\(name)"))
        #expect(ShellScript.temporaryPath(for: "plain").hasPrefix(".finflow-"))
    }

    @Test(arguments: Shell.installed)
    func aSecretIsNoArgumentOfAnyProcess(shell: Shell) async throws {
        try await with(shell) { session, folder in
            let secret = "hunter2-\(UInt64.random(in: 0...UInt64.max))"
            let gate = "\(folder)/gate"
            _ = try await session.run("mkfifo \(gate)")
            let script: ShellScript = """
                \(ShellScript.printing(SecretText(Sensitive(secret)))) >\("\(folder)/secret")
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
