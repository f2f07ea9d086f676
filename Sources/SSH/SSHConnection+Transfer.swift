public import Vocabulary

extension SSHConnection {
    /// Writes a file on the host, taking the next chunk when the host has taken the last.
    ///
    /// The file is written in place. SFTP as OpenSSH and libssh2 1.10 have it in common cannot
    /// replace a file by renaming: upload under another name and let a program rename it where
    /// readers must never see half a file. After an error a part of it is left.
    ///
    /// - Parameter progress: Told how much the host has taken so far.
    public nonisolated func upload<Chunks: AsyncSequence>(
        _ chunks: Chunks, to path: String, permissions: UInt32 = 0o600,
        progress: (@Sendable (ByteCount) -> Void)? = nil
    ) async throws where Chunks.Element == [UInt8] {
        let file = try await openFile(path, for: .write(permissions: permissions))
        do {
            var total = 0
            for try await chunk in chunks {
                try await writeFile(file, chunk, path)
                total += chunk.count
                progress?(ByteCount(total))
            }
            try Task.checkCancellation()
        } catch {
            discardFile(file, path)
            throw error
        }
        try await closeFile(file, path)
    }

    /// Reads a file on the host, asking for more when `body` has taken the last chunk.
    public nonisolated func download(
        _ path: String, progress: (@Sendable (ByteCount) -> Void)? = nil,
        _ body: ([UInt8]) async throws -> Void
    ) async throws {
        let file = try await openFile(path, for: .read)
        do {
            var total = 0
            while case let chunk = try await readFile(file, path), !chunk.isEmpty {
                try await body(chunk)
                total += chunk.count
                progress?(ByteCount(total))
            }
        } catch {
            discardFile(file, path)
            throw error
        }
        try await closeFile(file, path)
    }

    /// Uploads a file of this machine.
    public nonisolated func upload(
        file local: String, to path: String, permissions: UInt32 = 0o600,
        progress: (@Sendable (ByteCount) -> Void)? = nil
    ) async throws {
        let chunks = try await LocalFile.open(local)
        try await upload(chunks, to: path, permissions: permissions, progress: progress)
    }

    /// Downloads into a file of this machine, which is there when this returns, whole, and until
    /// then and after an error is as it was.
    public nonisolated func download(
        _ path: String, toFile local: String, progress: (@Sendable (ByteCount) -> Void)? = nil
    ) async throws {
        let file = try await NewLocalFile.open(local)
        do {
            try await download(path, progress: progress) { try await file.write($0) }
            try await file.finish()
        } catch {
            await file.discard()
            throw error
        }
    }
}
