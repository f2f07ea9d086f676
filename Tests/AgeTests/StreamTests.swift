import Age
import Testing
import Vocabulary

@Suite struct StreamTests {
    private let identity = Identity()
    private var keyring: Keyring { Keyring(identities: [identity]) }

    /// Pieces that count how many of them were asked for; after the last one an error, if any.
    private actor Source: AsyncSequence {
        struct Broken: Error {}

        nonisolated let pieces: [[UInt8]]
        nonisolated let breaks: Bool
        private(set) var taken = 0

        init(_ pieces: [[UInt8]], breaks: Bool = false) {
            self.pieces = pieces
            self.breaks = breaks
        }

        func take() throws -> [UInt8]? {
            guard taken < pieces.count else {
                if breaks { throw Broken() }
                return nil
            }
            taken += 1
            return pieces[taken - 1]
        }

        nonisolated func makeAsyncIterator() -> Iterator { Iterator(source: self) }

        struct Iterator: AsyncIteratorProtocol {
            let source: Source
            mutating func next() async throws -> [UInt8]? { try await source.take() }
        }
    }

    @Test func `a stream goes through both ways`() async throws {
        var random = SeededGenerator(seed: 5)
        let plaintext = random.bytes(1_000_000)
        let source = Source(random.pieces(of: plaintext, longest: 150_000))
        let encrypted = EncryptedChunks(source, to: .keys([identity.recipient]), as: .armored)
        var output: [UInt8] = []
        for try await piece in DecryptedChunks(encrypted, with: keyring) {
            #expect(!piece.isEmpty)
            output += piece
        }
        #expect(output == plaintext)
    }

    @Test func `an empty stream is a whole file`() async throws {
        var file: [UInt8] = []
        for try await piece in EncryptedChunks(Source([]), to: .keys([identity.recipient])) {
            file += piece
        }
        #expect(try await Decrypted(file, with: keyring) == Decrypted())
    }

    @Test func `a source that breaks leaves a file that nobody takes for whole`() async throws {
        let source = Source(
            [[UInt8]](repeating: [UInt8](repeating: 7, count: 65536), count: 5), breaks: true)
        var file: [UInt8] = []
        await #expect(throws: Source.Broken.self) {
            for try await piece in EncryptedChunks(source, to: .keys([identity.recipient])) {
                file += piece
            }
        }
        let opened = try await Decrypted(file, with: keyring)
        #expect(opened.failure == .truncated(.payload))
        #expect(opened.output == [UInt8](repeating: 7, count: 4 * 65536))
    }

    @Test func `what is authentic of a damaged stream comes before its error`() async throws {
        var file = try await encrypted(
            [[UInt8](repeating: 7, count: 200_000)], to: .keys([identity.recipient]))
        file[file.count - 1] ^= 1
        var output = 0
        await #expect(throws: AgeError.endDamaged(offset: 3 * 65536)) {
            for try await piece in DecryptedChunks(Source([file]), with: keyring) {
                output += piece.count
            }
        }
        #expect(output == 3 * 65536)
    }

    @Test func `no more is asked of a source than its reader takes`() async throws {
        let source = Source(
            [[UInt8]](repeating: [UInt8](repeating: 7, count: 65536), count: 100))
        var pieces = EncryptedChunks(source, to: .keys([identity.recipient])).makeAsyncIterator()
        for _ in 0..<3 { _ = try await pieces.next() }
        let taken = await source.taken
        #expect(taken <= 4)
    }

    @Test func `a stream that is cancelled has no end`() async throws {
        let recipients = Recipients.keys([identity.recipient])
        let endings = Source([[UInt8](repeating: 7, count: 65536)])
        let reader = Task {
            // A source that simply ends when its task is cancelled, as child processes do.
            withUnsafeCurrentTask { $0?.cancel() }
            var count = 0
            for try await piece in EncryptedChunks(endings, to: recipients) {
                count += piece.count
            }
            return count
        }
        await #expect(throws: CancellationError.self) { try await reader.value }
    }
}
