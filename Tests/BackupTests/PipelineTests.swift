import Age
import Archive
import Backup
import Glibc
import Lab
import Loop
import RepositoryConformance
import Testing
import Vocabulary

@Suite struct PipelineTests {
    private let identity = Identity()
    private let pipeline = ObjectPipeline()
    private static let size = 3_000_017

    private var keyring: Keyring { Keyring(identities: [identity]) }

    private func store(
        _ source: ByteStream, as path: String, in repository: any Repository
    ) async throws -> ManifestObject {
        let name = try key(path)
        let stored = try await pipeline.store(
            source, as: name, in: repository, to: [identity.recipient, Identity().recipient])
        return ManifestObject(
            key: name, content: .rest, plain: stored.plain, stored: stored.stored)
    }

    @Test(arguments: [0, 1, 262_144, size])
    func `what is stored is read again, and opens with age and zstd alone`(
        size: Int
    ) async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: "\(path)/r")
            let object = try await store(Noise(size), as: "s/o.zst.age", in: repository)
            let bytes = try await Noise(size).collected()
            #expect(object.plain == StoredObject(size: size, sha256: ContentDigest(of: bytes)))
            #expect(try await repository.size(of: object.key) == object.stored.size)
            let read = try await pipeline.read(object, from: repository, with: keyring)
            let isSame = try await read.collected() == bytes
            #expect(isSame)
            try await pipeline.proveStored(object, in: repository)

            let text = identity.encoded.withExposed { Array("\($0)\n".utf8) }
            try FileCalls.create("\(path)/key", text, mode: 0o600)
            let byHand = try await ChildProcess.collect(
                Command(
                    "sh",
                    [
                        "-c",
                        "sha256sum r/s/o.zst.age; age -d -i key r/s/o.zst.age | zstd -d | sha256sum",
                    ],
                    directory: path))
            let sums = byHand.outputText.split(separator: "\n").map { $0.prefix(64) }
            #expect(sums == ["\(object.stored.sha256)", "\(object.plain.sha256)"])
        }
    }

    @Test func `a source that fails leaves no object, and says why`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: path)
            let name = try key("o")
            let piece = [UInt8](repeating: 5, count: 100_000)
            for count in [0, 1, 100] {
                await #expect(throws: Pieces.Broken()) {
                    try await pipeline.store(
                        Pieces(Array(repeating: piece, count: count), failing: Pieces.Broken()),
                        as: name, in: repository, to: [identity.recipient])
                }
                #expect(try await repository.list("") == [])
                #expect(try await repository.debris() == [])
            }
        }
    }

    @Test func `a program that fails or is killed is no shorter program`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: path)
            let name = try key("o")
            for (script, ending, message) in [
                ("seq 100000; echo why >&2; exit 3", "exit status 3", "why\n"),
                ("seq 100000; kill -9 $$", "signal KILL", ""),
            ] {
                await #expect(
                    throws: PipelineError.programFailed(
                        name: "sh", ending: ending, message: message)
                ) {
                    try await ProgramOutput.with(Command("sh", ["-c", script])) { output in
                        _ = try await pipeline.store(
                            output, as: name, in: repository, to: [identity.recipient])
                    }
                }
                #expect(try await repository.list("") == [])
            }
            let fine = try await ProgramOutput.with(Command("seq", ["100000"])) { output in
                try await pipeline.store(
                    output, as: name, in: repository, to: [identity.recipient])
            }
            #expect(fine.plain.size == 588_895)
        }
    }

    @Test func `an observer that objects leaves no object`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: path)
            let name = try key("o")
            await #expect(throws: DumpError.foreign) {
                try await pipeline.store(
                    Noise(5_000_000), as: name, in: repository, to: [identity.recipient],
                    observedBy: DumpReader())
            }
            #expect(try await repository.list("") == [])
        }
    }

    @Test func `a repository that fails is heard, and the source is let go`() async throws {
        struct Lost: Error, Hashable {}
        try await withDirectory { path in
            let repository = FaultyRepository(DirectoryRepository(root: path))
            for fault: FaultyRepository.Fault in [
                .refused(Lost()), .broken(after: 0, Lost()), .broken(after: 700_000, Lost()),
                .unanswered(Lost()),
            ] {
                repository.plan(fault, at: .put)
                await #expect(throws: Lost()) {
                    _ = try await store(Noise(Self.size), as: "o", in: repository)
                }
            }
            // The last one was stored, and its answer lost: it is not written over.
            let taken = try key("o")
            await #expect(throws: RepositoryError.exists(taken)) {
                _ = try await store(Noise(Self.size), as: "o", in: repository)
            }
            repository.plan(.flipped(at: 123_456), at: .put)
            let error = await #expect(throws: PipelineError.self) {
                _ = try await store(Noise(Self.size), as: "p", in: repository)
            }
            guard case .storedOtherwise = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `one that stalls is left when that is cancelled`() async throws {
        try await withDirectory { path in
            let repository = FaultyRepository(DirectoryRepository(root: path))
            repository.plan(.stalled, at: .put)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        _ = try await store(Noise(50_000_000), as: "o", in: repository)
                    }
                }
                while repository.count(of: .put) == 0 { await Task.yield() }
                group.cancelAll()
            }
        }
    }

    @Test func `whatever becomes of a stored object, what was not proven is not read to its end`()
        async throws
    {
        try await withDirectory { path in
            let whole = DirectoryRepository(root: path)
            let object = try await store(Noise(Self.size), as: "a", in: whole)
            let other = try await store(Noise(Self.size, seed: 2), as: "b", in: whole)
            let twin = try await store(Noise(Self.size), as: "c", in: whole)
            let repository = FaultyRepository(whole)
            let size = object.stored.size
            var random = SeededGenerator(seed: 12)
            var places = [0, 1, 21, 22, 60, 150, 250, 400, 65_536, size / 2, size - 17, size - 1]
            places += (0..<(Slice.isLong ? 400 : 8)).map { _ in
                Int.random(in: 0..<size, using: &random)
            }
            var faults: [FaultyRepository.Fault] = [
                // Another one, and one of the same contents that is encrypted anew.
                .exchanged(for: other.key), .exchanged(for: twin.key),
            ]
            for place in places { faults += [.flipped(at: place), .truncated(after: place)] }
            for fault in faults {
                repository.plan(fault, at: .read)
                await #expect(throws: (any Error).self, "\(fault)") {
                    try await pipeline.read(object, from: repository, with: keyring).collected()
                }
                repository.plan(fault, at: .read)
                let error = await #expect(throws: PipelineError.self, "\(fault)") {
                    try await pipeline.proveStored(object, in: repository)
                }
                guard case .storedDiffers(object.key, object.stored, _) = error else {
                    Issue.record("\(fault): \(String(describing: error))")
                    continue
                }
            }
            // What lies there is whole, but the manifest names other contents.
            var wrong = object
            wrong.plain = other.plain
            await #expect(
                throws: PipelineError.plainDiffers(
                    object.key, expected: other.plain, found: object.plain)
            ) {
                try await pipeline.read(wrong, from: whole, with: keyring).collected()
            }
            // Nor does another key open it.
            await #expect(throws: AgeError.self) {
                try await pipeline.read(
                    object, from: whole, with: Keyring(identities: [Identity()])
                ).collected()
            }
            var none = object
            none.key = try key("none")
            let missing = none
            await #expect(throws: RepositoryError.missing(missing.key)) {
                try await pipeline.proveStored(missing, in: whole)
            }
        }
    }

    @Test func `an observer sees what is read as it saw what was written`() async throws {
        struct Counter: PlainObserver {
            var bytes = 0
            var hasFinished = false
            mutating func add(_ piece: [UInt8]) { bytes += piece.count }
            mutating func finish() { hasFinished = true }
        }
        try await withDirectory { path in
            let repository = DirectoryRepository(root: path)
            let name = try key("o")
            let result = try await pipeline.store(
                Noise(Self.size), as: name, in: repository, to: [identity.recipient],
                observedBy: Counter())
            #expect(result.observer.bytes == Self.size && result.observer.hasFinished)
            let object = ManifestObject(
                key: name, content: .rest, plain: result.plain, stored: result.stored)
            let seen = try await pipeline.proveReadable(
                object, in: repository, with: keyring, observedBy: Counter())
            #expect(seen.bytes == Self.size && seen.hasFinished)
        }
    }
}
