/// The plaintext of an age file that comes in pieces, read while it comes.
///
/// What it gives out is authentic; that it is all of the file is known when it ends without
/// an error.
public struct DecryptedChunks<Source: AsyncSequence>: AsyncSequence
where Source.Element == [UInt8] {
    private let source: Source
    private let keyring: Keyring

    public init(_ source: Source, with keyring: Keyring) {
        self.source = source
        self.keyring = keyring
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(source: source.makeAsyncIterator(), keyring: keyring)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private var source: Source.AsyncIterator
        private let box: DecryptorBox

        fileprivate init(source: Source.AsyncIterator, keyring: Keyring) {
            self.source = source
            box = DecryptorBox(Decryptor(with: keyring))
        }

        public mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        /// Never an empty piece. What is authentic of a piece that holds a fault comes before
        /// the error.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> [UInt8]? {
            while !box.hasEnded {
                var output: [UInt8] = []
                let piece = try await source.next(isolation: actor)
                if piece == nil { try Task.checkCancellation() }
                try await box.take(piece, into: &output)
                if !output.isEmpty { return output }
            }
            return try box.end()
        }
    }
}

extension DecryptedChunks: Sendable where Source: Sendable {}

/// A decryptor that an iterator can hold: iterators can be copied.
private final class DecryptorBox {
    private var decryptor: Decryptor?
    /// What comes when all plaintext in front of it has been taken.
    private var failure: (any Error)?

    var hasEnded: Bool { decryptor == nil }

    init(_ decryptor: consuming Decryptor) {
        self.decryptor = consume decryptor
    }

    /// - Parameter piece: `nil` for the end.
    func take(_ piece: [UInt8]?, into output: inout [UInt8]) async throws {
        guard var decryptor = self.decryptor.take() else { return }
        do {
            if let piece {
                try await decryptor.decrypt(piece, into: &output)
                self.decryptor = consume decryptor
            } else {
                try await decryptor.finish(into: &output)
            }
        } catch {
            failure = error
        }
    }

    func end() throws -> [UInt8]? {
        if let failure { throw failure }
        return nil
    }
}
