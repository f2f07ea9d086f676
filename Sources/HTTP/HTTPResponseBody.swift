/// What an answer carries, in pieces of up to 256 KiB, as they arrive; it is read once, by one
/// reader at a time. What is not read keeps the server waiting.
///
/// It ends when all of it has arrived, as its length or its chunks say; a body that is cut off
/// throws instead (see also ``HTTPRequest/acceptsUnmarkedEnd``).
public struct HTTPResponseBody: AsyncSequence, Sendable {
    let client: HTTPClient
    let transfer: Int

    public struct AsyncIterator: AsyncIteratorProtocol {
        let client: HTTPClient
        let transfer: Int

        /// - Throws: ``HTTPError``, `CancellationError`.
        public mutating func next() async throws -> [UInt8]? {
            try await client.nextChunk(of: transfer)
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(client: client, transfer: transfer)
    }
}
