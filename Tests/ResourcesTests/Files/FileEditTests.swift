import Glibc
import Resources
import TaskGraph
import Template
import Testing
import Vocabulary

@Suite struct FileEditTests {
    private let directory = TemporaryDirectory()
    private let host = TestHost()

    private func line(_ fields: KeyValuePairs<String, Value>) throws -> LineResource {
        try .reading([("path", .string(directory("f")))] + fields.map { ($0.key, $0.value) })
    }

    private func block(_ fields: KeyValuePairs<String, Value>) throws -> BlockResource {
        try .reading([("path", .string(directory("f")))] + fields.map { ($0.key, $0.value) })
    }

    /// Converges on a file that holds `before`, and gives what it holds then.
    private func edited(_ before: String, by resource: some Resource) async throws -> String? {
        directory.write("f", before)
        try await host.converge(resource)
        #expect(directory.names == ["f"])
        return directory.text("f")
    }

    @Test func `a line is added once, behind a last line without a newline too`() async throws {
        let resource = try line(["line": "b"])
        #expect(try await edited("a\n", by: resource) == "a\nb\n")
        #expect(try await edited("a", by: resource) == "a\nb\n")
        #expect(try await edited("", by: resource) == "b\n")
        #expect(try await edited("b\na", by: resource) == "b\na", "it is there: not a byte changes")
    }

    @Test func `the last match becomes the line`() async throws {
        let resource = try line(["line": "UMASK 027", "match": #"^\s*UMASK\b"#])
        #expect(
            try await edited("# UMASK\n UMASK 1\nUMASK 022\nz\n", by: resource)
                == "# UMASK\n UMASK 1\nUMASK 027\nz\n")
        #expect(try await edited("z", by: resource) == "z\nUMASK 027\n")
        directory.write("f", "UMASK 022\n")
        let changes = try await host.converge(resource)
        #expect(changes == [Change(.update, "line", before: "UMASK 022", after: "UMASK 027")])
    }

    @Test func `a new line finds its place`() async throws {
        let text = "[a]\nx\n[b]\ny\n[b]\n"
        #expect(
            try await edited(text, by: line(["line": "n", "after": #"^\[b\]"#]))
                == "[a]\nx\n[b]\ny\n[b]\nn\n")
        #expect(
            try await edited(text, by: line(["line": "n", "before": #"^\[b\]"#]))
                == "[a]\nx\nn\n[b]\ny\n[b]\n")
        #expect(
            try await edited(text, by: line(["line": "n", "before": "no such"])) == text + "n\n")
    }

    @Test func `lines are removed by what they are or what is found in them`() async throws {
        #expect(
            try await edited("a\nb\na", by: line(["line": "a", "state": "absent"])) == "b\n")
        #expect(
            try await edited("a1\nb\na2\n", by: line(["match": "^a", "state": "absent"])) == "b\n")
        #expect(try await edited("a\n", by: line(["line": "a", "state": "absent"])) == "")
        unlink(directory("f"))
        #expect(
            try await host.converge(line(["line": "a", "state": "absent"])) == [],
            "where there is no file there is no line")
    }

    @Test func `bytes that are no UTF-8 pass through`() async throws {
        directory.write("f", [0xFF, 0xFE, 0x0A, 0x61])
        try await host.converge(line(["line": "b"]))
        #expect(
            TemporaryDirectory.read(directory("f")) == [0xFF, 0xFE, 0x0A, 0x61, 0x0A, 0x62, 0x0A])
    }

    @Test func `owner and mode of the file stay, and are kept as asked`() async throws {
        directory.write("f", "a\n", mode: 0o640)
        try await host.converge(line(["line": "b"]))
        #expect(directory.mode("f") == 0o640)
        try await host.converge(line(["line": "b", "mode": "0600"]))
        #expect(directory.mode("f") == 0o600)
        #expect(directory.text("f") == "a\nb\n")
    }

    @Test func `a missing file is an error, or made`() async throws {
        let wrong = await problems { _ = try await host.plan(line(["line": "a"])) }
        #expect(wrong == ["FF0604 there is no file `\(directory("f"))` to edit"])
        let pending = try await host.plan(line(["line": "a"]), followsPendingChanges: true)
        #expect(pending.changes == [Change(.create, "line", after: "a")])
        try await host.converge(line(["line": "a", "create": true, "mode": "0600"]))
        #expect(directory.text("f") == "a\n")
        #expect(directory.mode("f") == 0o600)
    }

    @Test func `what changed since it was looked at is not overwritten`() async throws {
        for isMissing in [true, false] {
            if isMissing { unlink(directory("f")) } else { directory.write("f", "a\n") }
            let first = try await host.plan(line(["line": "one", "create": true]))
            let second = try await host.plan(line(["line": "two", "create": true]))
            try await host.perform(first)
            let failure = await #expect(throws: ActionError.self) {
                try await host.perform(second)
            }
            #expect(failure?.isStale == true)
            try await host.converge(line(["line": "two"]))
            #expect(directory.text("f") == (isMissing ? "one\ntwo\n" : "a\none\ntwo\n"))
        }
    }

    @Test func `secrets in lines are shown nowhere`() async throws {
        directory.write("f", "password = hunter1\nother\n")
        let resource = try line([
            "line": .sensitive(Sensitive("password = hunter2")), "match": "^password",
        ])
        let plan = try await host.plan(resource)
        #expect(plan.changes == [Change(.update, "line", before: redaction, after: redaction)])
        #expect(plan.action?.script.shown.contains("hunter") == false)
        try await host.converge(resource)
        #expect(directory.text("f") == "password = hunter2\nother\n")
    }

    @Test func `what is no text of a bearable length is not edited`() async throws {
        directory.write("f", [0x61, 0, 0x62])
        #expect(
            await problems { _ = try await host.plan(line(["line": "a"])) }
                == ["FF0606 `\(directory("f"))` is not a text: it has NUL bytes"])
        directory.write("f", [UInt8](repeating: 0x61, count: (1 << 20) + 1))
        #expect(
            await problems { _ = try await host.plan(line(["line": "a"])) }
                == ["FF0606 `\(directory("f"))` is too long to be edited by lines"])
        unlink(directory("f"))
        symlink("target", directory("f"))
        #expect(
            await problems { _ = try await host.plan(line(["line": "a"])) }
                == ["FF0601 `\(directory("f"))` is a link to target"])
    }

    @Test func `a large file is edited by an upload`() async throws {
        let text = String(repeating: "0123456789abcdef\n", count: 20_000)
        #expect(try await edited(text, by: line(["line": "end"])) == text + "end\n")
    }

    @Test func `a block is put in, changed in its place and taken out`() async throws {
        let markers = ("# BEGIN managed by finflowctl\n", "# END managed by finflowctl\n")
        #expect(
            try await edited("a\nb", by: block(["content": "x\ny\n", "after": "^a"]))
                == "a\n\(markers.0)x\ny\n\(markers.1)b")
        let changes = try await host.converge(block(["content": "z"]))
        #expect(changes == [Change(.update, "block", before: "x\ny\n", after: "z\n")])
        #expect(directory.text("f") == "a\n\(markers.0)z\n\(markers.1)b")
        try await host.converge(block(["content": ""]))
        #expect(directory.text("f") == "a\n\(markers.0)\(markers.1)b")
        try await host.converge(block(["state": "absent"]))
        #expect(directory.text("f") == "a\nb")
    }

    @Test func `blocks with markers of their own live side by side`() async throws {
        directory.write("f", "")
        for name in ["one", "two"] {
            try await host.converge(
                block(["content": .string(name), "marker": .string("// {mark} \(name)")]))
        }
        #expect(
            directory.text("f")
                == "// BEGIN one\none\n// END one\n// BEGIN two\ntwo\n// END two\n")
    }

    @Test(arguments: ["# BEGIN m\n", "# END m\n# BEGIN m\n", "# BEGIN m\n# BEGIN m\n# END m\n"])
    func `markers that do not pair are left to a person`(text: String) async throws {
        directory.write("f", text)
        let wrong = await problems {
            _ = try await host.plan(block(["content": "x", "marker": "# {mark} m"]))
        }
        #expect(wrong.count == 1 && wrong[0].hasPrefix("FF0608"))
    }

    @Test func `what cannot be meant is refused`() async {
        func refusal(_ fields: KeyValuePairs<String, Value>) async -> [String] {
            await problems { _ = try line(fields) }.map { String($0.prefix(6)) }
        }
        #expect(await refusal(["line": "a\nb"]) == ["FF0204"])
        #expect(await refusal(["line": "a", "match": "("]) == ["FF0609"])
        #expect(await refusal([:]) == ["FF0206"])
        #expect(await refusal(["line": "a", "match": "a", "state": "absent"]) == ["FF0206"])
        #expect(await refusal(["line": .sensitive(Sensitive("a"))]) == ["FF0206"])
        #expect(await refusal(["line": "a", "after": "a", "before": "b"]) == ["FF0206"])
        let wrong = await problems { _ = try block(["content": "a", "marker": "# mine"]) }
        #expect(wrong == ["FF0204 a marker has `{mark}` for BEGIN and END"])
    }
}
