import Glibc
import Hosts
import Resources
import Testing
import Vocabulary

@Suite struct FileProbeTests {
    private let directory = TemporaryDirectory()
    private let host = TestHost()

    private static let oddNames = [
        "plain", "with space", "new\nline", "quote'd \"twice\"", "-dash", "$(touch x)`y`",
        "arrow -> b",
        "übung-日本", "back\\slash", "*?[a]", "tab\there", "\u{81}\u{88}control",
    ]

    @Test func `one stat answers for every kind of thing under any name`() async throws {
        for name in Self.oddNames {
            directory.write(name, "content", mode: 0o640)
            symlink("to \(name)\n -> z", directory("link to " + name))
        }
        mkdir(directory("directory"), 0o750)
        mkfifo(directory("pipe"), 0o600)
        let questions = (directory.names + ["missing", "plain/below a file"]).map {
            PathProbe(directory($0))
        }
        let answers = try await host.observe(questions)
        for name in Self.oddNames {
            let file = try #require(answers.answer(PathProbe(directory(name))).status)
            #expect(file.kind == .file && file.mode == 0o640 && file.size == 7)
            let link = try #require(answers.answer(PathProbe(directory("link to " + name))).status)
            #expect(link.kind == .symlink && link.linkTarget == "to \(name)\n -> z")
        }
        #expect(try answers.answer(PathProbe(directory("directory"))).status?.kind == .directory)
        #expect(try answers.answer(PathProbe(directory("pipe"))).status?.kind == .other)
        #expect(try answers.answer(PathProbe(directory("missing"))) == .missing)
        #expect(try answers.answer(PathProbe(directory("plain/below a file"))) == .missing)
    }

    @Test(.enabled(if: getuid() == 0, "root is needed to become another user"))
    func `what may not be looked at is not taken for missing`() async throws {
        mkdir(directory("closed"), 0o700)
        directory.write("closed/file", "x")
        directory.write("secret", "x", mode: 0o600)
        let nobody = TestHost(user: "nobody")
        let (inside, deeper) = (directory("closed/file"), directory("closed/no/such"))
        let answers = try await nobody.observe([
            PathProbe(inside), PathProbe(deeper), PathProbe(directory("secret")),
            TextProbe(directory("secret")), DigestProbe(directory("secret"), expectedSize: 1),
        ])
        #expect(try answers.answer(PathProbe(inside)) == .unreadable)
        #expect(try answers.answer(PathProbe(deeper)) == .unreadable)
        #expect(try answers.answer(PathProbe(directory("secret"))).status?.size == 1)
        #expect(try answers.answer(TextProbe(directory("secret"))) == .unreadable)
        #expect(
            try answers.answer(DigestProbe(directory("secret"), expectedSize: 1)) == .none)
    }

    @Test func `only a file of the expected size is hashed`() async throws {
        for name in Self.oddNames { directory.write(name, "abc") }
        directory.write("longer", "abcd")
        symlink(directory("plain"), directory("link"))
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        let questions = directory.names.map { DigestProbe(directory($0), expectedSize: 3) }
        directory.write("unsized", "whatever")
        let unsized = DigestProbe(directory("unsized"), expectedSize: nil)
        let answers = try await host.observe(questions + [unsized])
        for name in Self.oddNames {
            #expect(
                try answers.answer(DigestProbe(directory(name), expectedSize: 3))
                    == .sha256(expected))
        }
        #expect(try answers.answer(DigestProbe(directory("longer"), expectedSize: 3)) == .none)
        #expect(try answers.answer(DigestProbe(directory("link"), expectedSize: 3)) == .none)
        #expect(try answers.answer(unsized) != .none)
    }

    @Test func `a file of a gibibyte whose size differs is not hashed`() async throws {
        directory.write("big", "")
        truncate(directory("big"), 1 << 30)
        let script = DigestProbe.script(for: [DigestProbe(directory("big"), expectedSize: 5)])
        #expect(try await host.run(script).output.isEmpty)
    }

    @Test func `texts come back byte by byte, up to the bound`() async throws {
        let every = (0...255).map { UInt8($0) }
        directory.write("binary", every + every)
        directory.write("empty", "")
        directory.write("at the bound", "12345")
        directory.write("beyond", "123456")
        mkdir(directory("directory"), 0o755)
        func ask(_ name: String) -> TextProbe {
            TextProbe(directory(name), limit: name == "binary" ? 1000 : 5)
        }
        let names = directory.names + ["missing"]
        let answers = try await host.observe(names.map(ask))
        #expect(try answers.answer(ask("binary")) == .content(every + every))
        #expect(try answers.answer(ask("empty")) == .content([]))
        #expect(try answers.answer(ask("at the bound")) == .content(Array("12345".utf8)))
        #expect(try answers.answer(ask("beyond")) == .tooLong)
        #expect(try answers.answer(ask("directory")) == .notRegular)
        #expect(try answers.answer(ask("missing")) == .missing)
    }

    @Test func `thousands of questions are no longer than a command may be`() async throws {
        let questions = (0..<4000).map { index in
            PathProbe("/\(String(repeating: "n", count: 200))\(index)")
        }
        let answers = try await host.observe(questions + [PathProbe("/")])
        #expect(try answers.answer(questions[3999]) == .missing)
        #expect(try answers.answer(PathProbe("/")).status?.kind == .directory)
    }

    @Test func `a host without GNU's stat is an error, not a host without files`() {
        #expect(throws: ProbeError.self) {
            try PathProbe.answers(to: [PathProbe("/etc")], from: [])
        }
    }
}
