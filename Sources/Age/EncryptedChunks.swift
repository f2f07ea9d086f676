/// A stream of pieces as an age file, made while it is read: each piece is asked for when the
/// last one has been taken.
///
/// When the source throws or the reader stops, the file has no end, and nobody takes it for
/// whole.
public struct EncryptedChunks<Source: AsyncSequence>: AsyncSequence
where Source.Element == [UInt8] {
    private let source: Source
    private let recipients: Recipients
    private let encoding: Encoding

    public init(_ source: Source, to recipients: Recipients, as encoding: Encoding = .binary) {
        self.source = source
        self.recipients = recipients
        self.encoding = encoding
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            source: source.makeAsyncIterator(), recipients: recipients, encoding: encoding)
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private enum Phase {
            case unopened
            case open(EncryptorBox)
            case ended
        }

        private var source: Source.AsyncIterator
        private let recipients: Recipients
        private let encoding: Encoding
        private var phase = Phase.unopened

        fileprivate init(
            source: Source.AsyncIterator, recipients: Recipients, encoding: Encoding
        ) {
            self.source = source
            self.recipients = recipients
            self.encoding = encoding
        }

        public mutating func next() async throws -> [UInt8]? {
            try await next(isolation: #isolation)
        }

        /// Never an empty piece.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws -> [UInt8]? {
            var output: [UInt8] = []
            while output.isEmpty {
                switch phase {
                case .unopened:
                    phase = .open(
                        EncryptorBox(try await Encryptor(to: recipients, as: encoding)))
                case .open(let box):
                    if let piece = try await source.next(isolation: actor) {
                        box.encrypt(piece, into: &output)
                    } else {
                        try Task.checkCancellation()
                        phase = .ended
                        box.finish(into: &output)
                    }
                case .ended:
                    return nil
                }
            }
            return output
        }
    }
}

extension EncryptedChunks: Sendable where Source: Sendable {}

/// An encryptor that an iterator can hold: iterators can be copied.
private final class EncryptorBox {
    private var encryptor: Encryptor?

    init(_ encryptor: consuming Encryptor) {
        self.encryptor = consume encryptor
    }

    func encrypt(_ bytes: [UInt8], into output: inout [UInt8]) {
        encryptor?.encrypt(bytes, into: &output)
    }

    func finish(into output: inout [UInt8]) {
        encryptor.take()?.finish(into: &output)
    }
}
