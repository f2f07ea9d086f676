import Backup
import Glibc
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

/// What the repository itself says of how to restore by hand is right, word for word.
@Suite(.postgres, .timeLimit(.minutes(20))) struct RecoveryGuideTests {
    private func guide(_ bench: CreationBench) throws -> String {
        let bytes = try FileCalls.contents(
            of: "\(bench.root)/repository/RECOVER.md", atMost: .mebibytes(1))
        return String(decoding: try #require(bytes), as: UTF8.self)
    }

    /// The blocks of the guide as one script.
    private func script(_ bench: CreationBench) throws -> String {
        try guide(bench).components(between: "```bash\n", and: "```").joined(separator: "\n")
    }

    @Test func `its commands restore a database and files with age, zstd and pg_restore alone`()
        async throws
    {
        try await CreationBench.with(RichSchema.sql) { bench in
            mkdir("\(bench.root)/etc", 0o755)
            try FileCalls.create("\(bench.root)/etc/a.conf", Array("x".utf8), mode: 0o640)
            let made = try await bench.creation(
                "  sets: { configuration: { paths: [\(bench.root)/etc] } }"
            ).run { _ in }
            try bench.identity.encoded.withExposed {
                try FileCalls.create("\(bench.root)/key.txt", Array("\($0)\n".utf8), mode: 0o600)
            }
            let target = try await PostgresLab.start()
            defer { Task { await target.stop() } }
            let run = try await ChildProcess.collect(
                Command(
                    "bash", ["-euc", try script(bench)],
                    environment: [
                        "PATH": "/usr/bin:/bin", "REPOSITORY": "\(bench.root)/repository",
                        "IDENTITY": "\(bench.root)/key.txt", "DATABASE": "main",
                        "NAME": "dbname='\(bench.database.replacing("'", with: "\\'"))'",
                        "PGHOST": "127.0.0.1", "PGPORT": "\(target.port)", "PGUSER": "postgres",
                        "LC_ALL": "C.UTF-8",
                    ], directory: bench.root))
            #expect(run.exit.isSuccess, "\(run.outputText)\n\(run.errorText)")
            #expect(run.outputText.contains("all as stored: yes"), "\(run.outputText)")
            #expect(run.outputText.contains("\(made.manifest.id)"))
            let restored = "\(bench.root)/restored/configuration\(bench.root)/etc/a.conf"
            #expect(access(restored, R_OK) == 0)
            let (before, after) = (
                try await dump(bench, bench.lab), try await dump(bench, target)
            )
            #expect(before == after)
            #expect(before.contains("3000"))
        }
    }

    @Test func `it names an object that is broken`() async throws {
        try await CreationBench.with("CREATE TABLE t AS SELECT 1 v") { bench in
            let made = try await bench.creation().run { _ in }
            let object = try #require(made.manifest.objects.last)
            let path = "\(bench.root)/repository/\(object.key)"
            let bytes = try #require(try FileCalls.contents(of: path, atMost: .mebibytes(1)))
            unlink(path)
            try FileCalls.create(path, Array(bytes.dropLast()), mode: 0o600)
            let blocks = try guide(bench).components(between: "```bash\n", and: "```")
            let run = try await ChildProcess.collect(
                Command(
                    "bash", ["-euc", blocks.prefix(4).joined(separator: "\n")],
                    environment: [
                        "PATH": "/usr/bin:/bin", "REPOSITORY": "\(bench.root)/repository",
                    ]))
            #expect(run.outputText.contains("BROKEN \(object.key)\nall as stored: no"))
        }
    }

    @Test func `an older guide is replaced, a newer one stays`() async throws {
        try await CreationBench.with { bench in
            _ = try await bench.creation().run { _ in }
            let own = try guide(bench)
            for (text, stays) in [
                ("<!-- finflow recovery guide 0 -->\n", false), ("anything", false),
                ("<!-- finflow recovery guide 9999 -->\n", true),
            ] {
                let path = "\(bench.root)/repository/RECOVER.md"
                unlink(path)
                try FileCalls.create(path, Array(text.utf8), mode: 0o600)
                _ = try await bench.creation().run { _ in }
                #expect(try guide(bench) == (stays ? text : own))
            }
        }
    }

    /// As a script that restores it, without the words that differ each time.
    private func dump(_ bench: CreationBench, _ server: PostgresLab) async throws -> String {
        let name = bench.database.replacing("'", with: "\\'")
        let run = try await ChildProcess.collect(
            Command(
                "\(PostgresLab.programs)/pg_dump",
                [
                    "--create",
                    "--dbname=host=127.0.0.1 port=\(server.port) user=postgres dbname='\(name)'",
                ]))
        #expect(run.exit.isSuccess, "\(run.errorText)")
        return run.outputText.split(separator: "\n").filter {
            !$0.hasPrefix("\\restrict") && !$0.hasPrefix("\\unrestrict")
        }.joined(separator: "\n")
    }
}

extension String {
    /// What stands between each two marks.
    fileprivate func components(between start: String, and end: String) -> [String] {
        var found: [String] = []
        var rest = self[...]
        while let opening = rest.firstRange(of: start) {
            rest = rest[opening.upperBound...]
            guard let closing = rest.firstRange(of: end) else { break }
            found.append(String(rest[..<closing.lowerBound]))
            rest = rest[closing.upperBound...]
        }
        return found
    }
}
