import Glibc
import Hosts
import Resources
import Schema
import TaskGraph
import Template
import Testing
import Vocabulary

@Suite struct FileResourceTests {
    private let directory = TemporaryDirectory()
    private let host = TestHost()

    @Test func `a file is made, then changed, then as it should be`() async throws {
        let path = directory("greeting")
        let made = try await host.converge(
            FileResource.reading([
                "path": .string(path), "content": "hello\n", "mode": "0604",
            ]))
        #expect(
            made == [
                Change(.create, "content", after: "hello\n"),
                Change(.create, "mode", after: "0604"),
            ])
        #expect(directory.text("greeting") == "hello\n")
        #expect(directory.mode("greeting") == 0o604)

        let changed = try await host.converge(
            FileResource.reading(["path": .string(path), "content": "hullo\n"]))
        #expect(changed == [Change(.update, "content", before: "hello\n", after: "hullo\n")])
        #expect(directory.mode("greeting") == 0o604, "what is not said stays as it is")
        #expect(directory.names == ["greeting"], "nothing is left beside it")
    }

    @Test func `a second run leaves the very same file`() async throws {
        let resource = try FileResource.reading(["path": .string(directory("f")), "content": "x"])
        try await host.converge(resource)
        let before = try await host.observe([PathProbe(directory("f"))])
        try await host.converge(resource)
        let after = try await host.observe([PathProbe(directory("f"))])
        #expect(
            try before.answer(PathProbe(directory("f"))) == after.answer(PathProbe(directory("f"))))
    }

    @Test(arguments: [
        "plain", "new\nline", "quote'd \"twice\"", "-dash", "$(touch x)`y`", "übung-日本", "%s",
        "*?[a]",
        String(repeating: "long", count: 63),
    ])
    func `any name will do`(name: String) async throws {
        let path = directory(name)
        try await host.converge(
            FileResource.reading(["path": .string(path), "content": "x\n", "mode": "0600"]))
        try await host.converge(
            FileResource.reading([
                "path": .string(path), "content": "y\n", "validate": "grep -q y %s",
            ]))
        #expect(directory.names == [name])
        #expect(directory.text(name) == "y\n")
        try await host.converge(
            FileResource.reading(["path": .string(path), "state": "absent"]))
        #expect(directory.names == [])
    }

    @Test(arguments: [
        [], [0], Array(0...255), Array("no newline at its end".utf8), Array("'\\''\n".utf8),
        Array("EOF\n%s\\n$HOME`id`\u{81}\u{88}é\r\n".utf8),
        [UInt8](repeating: 0x61, count: 200_000),
    ])
    func `any content arrives byte by byte`(content: [UInt8]) async throws {
        directory.write("source", content)
        let files = TestFiles(paths: ["f": directory("source")])
        try await host.converge(
            FileResource.reading(["path": .string(directory("copy")), "source": "f"]), files)
        #expect(TemporaryDirectory.read(directory("copy")) == content)
        #expect(directory.names == ["copy", "source"])
    }

    @Test func `a secret content is shown nowhere and closed to others`() async throws {
        let resource = try FileResource.reading([
            "path": .string(directory("key")), "content": .sensitive(Sensitive("hunter2\n")),
        ])
        directory.write("key", "old hunter1\n")
        let plan = try await host.plan(resource)
        #expect(
            plan.changes == [
                Change(.update, "content", before: redaction, after: redaction),
                Change(.update, "mode", before: "0644", after: "0600"),
            ])
        let script = try #require(plan.action?.script)
        #expect(!script.shown.contains("hunter"))
        try await host.converge(resource)
        #expect(directory.text("key") == "hunter2\n")
        #expect(directory.mode("key") == 0o600)
    }

    @Test func `what only its owner could read is not printed when it is replaced`() async throws {
        directory.write("key", "hunter1\n", mode: 0o600)
        let changes = try await host.plan(
            FileResource.reading(["path": .string(directory("key")), "content": "none\n"])
        ).changes
        #expect(changes.count == 1)
        #expect(changes.first?.before == "8 B")
        #expect(changes.first?.after?.hasPrefix("5 B, SHA-256 ") == true)
    }

    @Test func `binary and long contents are told by size and digest`() async throws {
        directory.write("source", [0, 1, 2])
        let files = TestFiles(paths: ["f": directory("source")])
        let changes = try await host.plan(
            FileResource.reading(["path": .string(directory("copy")), "source": "f"]), files
        ).changes
        #expect(changes == [Change(.create, "content", after: "3 B, SHA-256 ae4b3280e56e…")])
    }

    @Test func `without a content it is there, and what it holds is its own`() async throws {
        let resource = try FileResource.reading(["path": .string(directory("log")), "mode": "0640"])
        try await host.converge(resource)
        #expect(directory.text("log") == "")
        directory.write("log", "an entry\n", mode: 0o666)
        let changes = try await host.converge(resource)
        #expect(changes == [Change(.update, "mode", before: "0666", after: "0640")])
        #expect(directory.text("log") == "an entry\n")
    }

    @Test func `a link is replaced and what it points to is left alone`() async throws {
        directory.write("target", "precious\n")
        symlink("target", directory("f"))
        let changes = try await host.converge(
            FileResource.reading(["path": .string(directory("f")), "content": "mine\n"]))
        #expect(
            changes.first == Change(.update, "type", before: "a link to target", after: "a file"))
        #expect(directory.text("target") == "precious\n")
        #expect(directory.text("f") == "mine\n")
    }

    @Test func `a directory is never replaced, and a missing one is named`() async throws {
        mkdir(directory("d"), 0o755)
        let wrong = await problems {
            _ = try await host.plan(
                FileResource.reading(["path": .string(directory("d")), "content": ""]))
        }
        #expect(wrong == ["FF0601 `\(directory("d"))` is a directory, and a file is wanted there"])
        let below = try FileResource.reading([
            "path": .string(directory("no/such")), "content": "x",
        ])
        let missing = await problems { _ = try await host.plan(below) }
        #expect(missing.count == 1 && missing.first?.hasPrefix("FF0602") == true)
        let pending = try await host.plan(below, followsPendingChanges: true)
        #expect(pending.changes.map(\.kind) == [.create], "a change before it may make it")
    }

    @Test func `a refused content leaves the old file and nothing beside it`() async throws {
        directory.write("f", "good\n")
        let plan = try await host.plan(
            FileResource.reading([
                "path": .string(directory("f")), "content": "bad\n",
                "validate": "grep -q good %s || { echo 'no good in it'; exit 3; }",
            ]))
        let failure = await #expect(throws: ActionError.self) { try await host.perform(plan) }
        #expect(failure?.message.hasPrefix("`grep -q good %s") == true)
        #expect(failure?.output.contains("no good in it") == true)
        #expect(directory.text("f") == "good\n")
        #expect(directory.names == ["f"])
    }

    @Test func `what a killed run left is removed by the next one`() async throws {
        let resource = try FileResource.reading(["path": .string(directory("f")), "content": "x"])
        let plan = try await host.plan(resource)
        let script = try #require(plan.action?.script.shown)
        let new = try #require(script.firstMatch(of: /new=(\S+)/)?.1)
        symlink("/etc/passwd", String(new))
        try await host.converge(resource)
        #expect(directory.names == ["f"])
    }

    @Test func `its script is a value`() async throws {
        var answers = Answers()
        answers.set(.missing, for: PathProbe("/etc/motd"))
        answers.set(.present(.directory), for: PathProbe("/etc"))
        answers.set(.none, for: DigestProbe("/etc/motd", expectedSize: 3))
        let resource = try FileResource.reading([
            "path": "/etc/motd", "content": "hi\n", "owner": "root", "mode": "0644",
            "validate": "test -s %s",
        ])
        let plan = try resource.plan(
            PlanContext(
                answers: answers, files: TestFiles(), detail: .decision, place: .test,
                stateDirectory: "/var/lib/finflow"))
        #expect(
            plan.action?.script.shown == """
                set -e
                new=/etc/.finflow-0d080ca2c3f05655
                trap 'rm -f -- "$new"' EXIT
                if [ -e /etc/motd ] || [ -h /etc/motd ]; then exit 75; fi
                if [ -e "$new" ] || [ -h "$new" ]; then rm -rf -- "$new"; fi
                umask 0177
                set -C
                exec 3>"$new"
                set +C
                umask 077
                printf %s 'hi
                ' >&3 || { head --bytes=65536 /dev/zero >&3 || :; exit 74; }
                chown -- root /proc/self/fd/3
                chmod -- 0644 /proc/self/fd/3
                ( test -s /etc/.finflow-0d080ca2c3f05655
                ) </dev/null >&2 || exit 81
                sync /proc/self/fd/3
                exec 3>&-
                mv -fT -- "$new" /etc/motd
                trap - EXIT

                """)
    }

    @Test(
        arguments: [
            (["path": "etc/motd"], "FF0204 `etc/motd` is not an absolute path"),
            (
                ["path": "/f", "mode": 644],
                "FF0203 a mode is a quoted text, this is the number 644"
            ),
            (["path": "/f", "mode": "u+x"], "FF0204 `u+x` is not an octal mode"),
            (["path": "/f", "mode": "0688"], "FF0204 `0688` is not an octal mode"),
            (
                ["path": "/f", "content": "a", "source": "b"],
                "FF0206 `content` and `source` exclude each other"
            ),
            (
                ["path": "/f", "validate": "true"],
                "FF0204 the command does not say where the file's name goes: it needs a `%s`"
            ),
            (
                ["path": "/f", "state": "absent", "content": "a"],
                "FF0206 a file that is `absent` has no content, owner or mode"
            ),
        ] as [([String: Value], String)])
    func `what cannot be meant is refused`(fields: [String: Value], message: String) async {
        let wrong = await problems {
            _ = try FileResource.reading(fields.map { ($0.key, $0.value) })
        }
        #expect(wrong == [message])
    }

    @Test func `equal desired states have equal fingerprints, others have not`() throws {
        func fingerprint(_ fields: Value) throws -> String {
            try FileResource.reading(fields).fingerprint(TestFiles())
        }
        let one = try fingerprint(["path": "/f", "content": "a", "mode": "0644"])
        #expect(try fingerprint(["path": "/f", "mode": "644", "content": "a"]) == one)
        #expect(try fingerprint(["path": "/f", "content": "b", "mode": "0644"]) != one)
        #expect(try fingerprint(["path": "/f", "content": "a"]) != one)
    }
}

extension PathStatus {
    static let directory = PathStatus(
        kind: .directory, mode: 0o755, owner: Identity(name: "root", number: 0),
        group: Identity(name: "root", number: 0), size: 4096)
}
