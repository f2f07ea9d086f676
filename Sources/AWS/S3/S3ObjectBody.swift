internal import HTTP
internal import Vocabulary

/// An object's bytes, in pieces as they arrive. What ends without an error is whole.
public struct S3ObjectBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    let source: HTTPResponseBody
    let length: Int
    let place: String
    let checksum: S3Checksum?

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var source: HTTPResponseBody.AsyncIterator
        fileprivate var left: Int
        fileprivate let place: String
        fileprivate let checksum: S3Checksum?
        fileprivate var digest: S3Digest?

        /// - Throws: ``S3Error``, `CancellationError`.
        public mutating func next() async throws -> [UInt8]? {
            do {
                guard let chunk = try await source.next() else {
                    try checkEnd()
                    return nil
                }
                left -= chunk.count
                guard left >= 0 else { throw error(.damaged, "more came than S3 had announced") }
                digest?.update(chunk)
                return chunk
            } catch let failure as HTTPError {
                var error = S3Error(failure)
                error.place = place
                throw error
            }
        }

        private func checkEnd() throws(S3Error) {
            guard left == 0 else {
                throw error(.unreachable(.truncated), "the answer ended \(left) bytes too early")
            }
            guard let checksum, let digest else { return }
            guard digest.checksum == checksum else {
                throw error(.damaged, "what was read has another checksum than what was written")
            }
        }

        private func error(_ kind: S3Error.Kind, _ message: String) -> S3Error {
            var error = S3Error(kind, message)
            error.place = place
            return error
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(
            source: source.makeAsyncIterator(), left: length, place: place, checksum: checksum,
            digest: checksum.map { S3Digest($0.algorithm) })
    }
}
