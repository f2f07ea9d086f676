internal import HTTP

/// `aws-chunked`: a body in chunks, each with its length before it, and a checksum behind the
/// last. The checksum of a stream is not known before its end, and the server compares all the
/// same.
struct ChunkedForm: Sendable {
    let length: Int
    let algorithm: S3Checksum.Algorithm

    /// S3 wants 8 KiB or more.
    static let chunkSize = 256 << 10

    /// Of the body with all that is added to it.
    var encodedLength: Int {
        let (full, rest) = length.quotientAndRemainder(dividingBy: Self.chunkSize)
        let chunks = full * Self.encodedLength(Self.chunkSize)
        let last = rest > 0 ? Self.encodedLength(rest) : 0
        let base64 = (algorithm.byteCount + 2) / 3 * 4
        return chunks + last + "0\r\n".utf8.count + algorithm.header.utf8.count + 1 + base64 + 4
    }

    private static func encodedLength(_ count: Int) -> Int {
        String(count, radix: 16).utf8.count + 2 + count + 2
    }

    func encode(
        _ source: any AsyncSequence<[UInt8], any Error> & Sendable
    ) -> any AsyncSequence<[UInt8], any Error> & Sendable {
        func encoded(
            _ source: some AsyncSequence<[UInt8], any Error> & Sendable
        ) -> any AsyncSequence<[UInt8], any Error> & Sendable {
            EncodedChunks(form: self, source: source)
        }
        return encoded(source)
    }

    fileprivate static func chunk(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes + Array("\r\n".utf8)
    }

    fileprivate func end(_ checksum: S3Checksum) -> [UInt8] {
        Array("0\r\n\(algorithm.header):\(checksum.text)\r\n\r\n".utf8)
    }
}

private struct EncodedChunks<Source: AsyncSequence & Sendable>: AsyncSequence, Sendable
where Source.Element == [UInt8], Source.Failure == any Error {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let form: ChunkedForm
    let source: Source

    struct AsyncIterator: AsyncIteratorProtocol {
        let form: ChunkedForm
        var source: Source.AsyncIterator
        var digest: S3Digest
        var pending: [UInt8] = []
        var hasEnded = false

        mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws -> [UInt8]? {
            guard !hasEnded else { return nil }
            while pending.count < ChunkedForm.chunkSize {
                guard let piece = try await source.next(isolation: actor) else {
                    hasEnded = true
                    let last = pending.isEmpty ? [] : ChunkedForm.chunk(pending[...])
                    return last + form.end(digest.checksum)
                }
                digest.update(piece)
                pending += piece
            }
            let chunk = ChunkedForm.chunk(pending.prefix(ChunkedForm.chunkSize))
            pending.removeFirst(ChunkedForm.chunkSize)
            return chunk
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            form: form, source: source.makeAsyncIterator(), digest: S3Digest(form.algorithm))
    }
}
