import Age
import Backup
import Glibc
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

/// What is wrong in a repository is found, by the name of the object and in words.
@Suite(.postgres, .timeLimit(.minutes(20))) struct VerificationTests {
    private static let tables = """
        CREATE TABLE a AS SELECT generate_series(1, 2000) v; CREATE TABLE b AS SELECT 1 v
        """

    private func verify(
        _ bench: CreationBench, _ depth: SnapshotVerification.Depth, signed: Bool = true,
        at time: Timestamp = .now
    ) async throws -> SnapshotVerification.Report {
        let catalogue = try await bench.catalogue()
        var verification = SnapshotVerification(
            repository: bench.repository, signer: signed ? bench.signer : nil, version: "test")
        verification.now = time
        return try await verification.run(catalogue.entries, of: catalogue, depth) { _ in }
    }

    private func path(_ bench: CreationBench, _ key: ObjectKey) -> String {
        "\(bench.root)/repository/\(key.path)"
    }

    private func bytes(_ bench: CreationBench, _ key: ObjectKey) throws -> [UInt8] {
        try #require(try FileCalls.contents(of: path(bench, key), atMost: .mebibytes(64)))
    }

    /// Writes what no program of ours would.
    private func put(_ bench: CreationBench, _ key: ObjectKey, _ bytes: [UInt8]) throws {
        unlink(path(bench, key))
        try FileCalls.create(path(bench, key), bytes, mode: 0o600)
    }

    @Test func `a whole snapshot passes every check, and is recorded as readable`() async throws {
        try await CreationBench.with(RichSchema.sql) { bench in
            _ = try await bench.creation().run { _ in }
            for depth in [.structure, .stored(percent: 100), .readable(bench.keyring)]
                as [SnapshotVerification.Depth]
            {
                let report = try await verify(bench, depth)
                #expect(report.findings.isEmpty, "\(report.findings)")
            }
            let entry = try #require(try await bench.catalogue().entries.first)
            #expect(entry.level == .readable)
            #expect(entry.records.map(\.level) == [.stored, .stored, .readable])
        }
    }

    @Test func `without the signing key nothing is recorded`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            _ = try await bench.creation().run { _ in }
            let report = try await verify(bench, .readable(bench.keyring), signed: false)
            #expect(report.findings.isEmpty && report.records.isEmpty)
            #expect(try await bench.catalogue().entries.first?.level == .stored)
        }
    }

    @Test func `each object that is changed in any place is named`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            let made = try await bench.creation().run { _ in }
            for object in made.manifest.objects {
                let whole = try bytes(bench, object.key)
                // The header, the nonce, the first and the last chunk, the last byte.
                let places = [3, 60, 200, whole.count / 2, whole.count - 20, whole.count - 1]
                for place in Slice.of(places, 2, seed: UInt64(whole.count)) {
                    var flipped = whole
                    flipped[place] ^= 0x10
                    try put(bench, object.key, flipped)
                    #expect(try await verify(bench, .structure, signed: false).findings.isEmpty)
                    for depth in [.stored(percent: 100), .readable(bench.keyring)]
                        as [SnapshotVerification.Depth]
                    {
                        let report = try await verify(bench, depth, signed: false)
                        #expect(report.findings.map(\.object) == [object.key])
                        let text = report.findings.first?.message ?? ""
                        #expect(
                            text.contains(object.key.path) && text.contains("SHA-256"), "\(text)")
                    }
                }
                try put(bench, object.key, whole)
            }
        }
    }

    @Test func `truncated, lengthened and missing objects are told apart`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            let made = try await bench.creation().run { _ in }
            for object in Slice.of(made.manifest.objects, 2, seed: 3) {
                let whole = try bytes(bench, object.key)
                for depth in [
                    .structure, .stored(percent: 100), .readable(bench.keyring),
                ] as [SnapshotVerification.Depth] {
                    try put(bench, object.key, whole.dropLast(7))
                    var text = try await verify(bench, depth, signed: false).findings.map(\.message)
                    #expect(
                        text == [
                            "\(object.key) is truncated: it has \(whole.count - 7) bytes of \(whole.count)"
                        ])
                    try put(bench, object.key, whole + [0])
                    text = try await verify(bench, depth, signed: false).findings.map(\.message)
                    #expect(
                        text.count == 1 && text[0].contains("should have \(whole.count)"), "\(text)"
                    )
                    unlink(path(bench, object.key))
                    text = try await verify(bench, depth, signed: false).findings.map(\.message)
                    #expect(text == ["\(object.key) is not there"])
                    try put(bench, object.key, whole)
                }
            }
        }
    }

    @Test func `an object in the place of another is known for what it is`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            let old = try await bench.creation().run { _ in }
            try await bench.run("INSERT INTO a VALUES (1)")
            let new = try await bench.creation().run { _ in }
            let object = try #require(new.manifest.objects.first { $0.content == .tables })
            let older = try #require(old.manifest.objects.first { $0.content == .tables })
            let whole = try bytes(bench, object.key)
            try put(bench, object.key, try bytes(bench, older.key))
            let report = try await verify(bench, .readable(bench.keyring))
            #expect(
                report.findings.map(\.message) == [
                    "\(object.key) was exchanged: here lies \(older.key)"
                ])
            #expect(report.findings.first?.snapshot == new.manifest.id)
            // The record of it takes the level away, and gives the other one its own.
            let entries = try await bench.catalogue().entries
            #expect(entries.map(\.level) == [.readable, .stored])
            #expect(entries.last?.records.last?.problems.count == 1)
            // A check that passes later gives it back.
            try put(bench, object.key, whole)
            let later = Timestamp(seconds: Timestamp.now.seconds + 5)
            _ = try await verify(bench, .readable(bench.keyring), at: later)
            #expect(try await bench.catalogue().entries.map(\.level) == [.readable, .readable])
        }
    }

    @Test func `manifests that are forged, replayed, missing or unsigned are findings`()
        async throws
    {
        try await CreationBench.with(Self.tables) { bench in
            let first = try await bench.creation().run { _ in }
            let second = try await bench.creation().run { _ in }
            let third = try await bench.creation().run { _ in }
            let key = second.manifest.id.manifestKey
            let whole = try bytes(bench, key)
            func messages() async throws -> String {
                try await verify(bench, .structure, signed: false).findings.map(\.message)
                    .joined(separator: "\n")
            }
            var forged = whole
            forged[40] ^= 1
            try put(bench, key, forged)
            #expect(
                try await messages().contains(
                    "the manifest of \(second.manifest.id): it was changed"))
            try put(bench, key, try bytes(bench, first.manifest.id.manifestKey))
            #expect(
                try await messages().contains(
                    "in place of \(second.manifest.id) is that of \(first.manifest.id)"))
            unlink(path(bench, key))
            #expect(
                try await messages()
                    == "\(second.manifest.id) is gone and was not pruned; \(third.manifest.id) knows it"
            )
            try put(bench, key, Array("{}\n".utf8))
            #expect(try await messages().contains("it has no signature"))
            let stranger = try SignedDocument(second.manifest.json, with: SigningKey())
            try put(bench, key, stranger.bytes)
            #expect(try await messages().contains("a key that is not trusted"))
            try put(bench, key, whole)
            #expect(try await messages().isEmpty)
            let record = try #require(ObjectKey("snapshots/\(first.manifest.id)/readable-x.json"))
            try put(bench, record, Array("{}\n".utf8))
            #expect(try await messages().contains("\(record) is not signed"))
        }
    }

    @Test func `a key that opens nothing is no finding, but ends it`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            _ = try await bench.creation().run { _ in }
            let stranger = Keyring(identities: [Identity()])
            let error = await #expect(throws: (any Error).self) {
                try await verify(bench, .readable(stranger))
            }
            #expect(words(error).hasPrefix("FF1205"), "\(words(error))")
            #expect(try await bench.catalogue().entries.first?.level == .stored)
        }
    }

    @Test func `a part each day has read all of it when the days are over`() async throws {
        try await CreationBench.with(Self.tables) { bench in
            let made = try await bench.creation().run { _ in }
            for object in made.manifest.objects {
                var bytes = try bytes(bench, object.key)
                bytes[bytes.count - 1] ^= 1
                try put(bench, object.key, bytes)
            }
            var found: Set<ObjectKey> = []
            for day in 0..<4 {
                let time = Timestamp(seconds: (20_000 + day) * 86_400)
                let report = try await verify(bench, .stored(percent: 25), signed: false, at: time)
                #expect(report.objects >= 1)
                found.formUnion(report.findings.compactMap(\.object))
            }
            #expect(found == Set(made.manifest.objects.map(\.key)))
            // A part that passes proves no level.
        }
    }
}
