public import Vocabulary

extension HTTPResponseBody {
    /// All of it.
    ///
    /// - Throws: ``HTTPError`` of kind `tooLarge` when there is more than `limit`, which then is
    ///   not read to its end.
    public func collect(limit: ByteCount = .mebibytes(8)) async throws -> [UInt8] {
        var collected: [UInt8] = []
        for try await chunk in self {
            guard chunk.count <= limit.bytes - collected.count else {
                throw HTTPError(.tooLarge, "the answer is longer than \(limit)")
            }
            if collected.isEmpty { collected = chunk } else { collected += chunk }
        }
        return collected
    }

    /// Reads up to `limit` and keeps nothing, so that the connection can be used again.
    func drain(limit: ByteCount) async throws {
        var count = 0
        for try await chunk in self {
            count += chunk.count
            if count > limit.bytes { return }
        }
    }
}
