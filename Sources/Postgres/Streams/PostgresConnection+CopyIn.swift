internal import CLibPQ
internal import Glibc

extension PostgresConnection {
    /// Runs `COPY … FROM STDIN` with the bytes of `source`, of which the next chunk is asked for
    /// when the kernel has taken the last one. An error of the source, or the task's
    /// cancellation, ends the COPY, and no row of it stays.
    ///
    /// - Returns: The number of rows.
    @discardableResult
    public nonisolated func copyIn<Source: AsyncSequence>(
        _ sql: String, from source: Source
    ) async throws -> Int where Source.Element == [UInt8] {
        let lease = try await openCopyIn(sql)
        do {
            for try await chunk in source { try await put(chunk, lease) }
            return try await finishCopyIn(lease)
        } catch {
            await abandon(lease.number)
            throw error
        }
    }

    private func openCopyIn(_ sql: String) async throws -> StreamLease {
        try await openStream { try await startCopy(sql, PGRES_COPY_IN) }
    }

    private func put(_ chunk: [UInt8], _ lease: StreamLease) async throws {
        let isOpen: Void? = try await advance(lease) {
            var rest = chunk[...]
            while !rest.isEmpty {
                let piece = rest.prefix(PostgresCopyOut.chunkSize)
                try await put(piece)
                rest = rest.dropFirst(piece.count)
            }
        }
        if isOpen == nil { throw PostgresError.misuse("the COPY is over") }
    }

    private func put(_ piece: ArraySlice<UInt8>) async throws {
        while true {
            let connection = try connection
            let result = piece.withUnsafeBytes { bytes in
                PQputCopyData(
                    connection, bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(bytes.count))
            }
            switch result {
            case 1:
                // All of it, for libpq would take in without end what it cannot send.
                return try await flush()
            case 0: try await wait(for: POLLIN | POLLOUT)
            default: throw lost(connection)
            }
        }
    }

    private func finishCopyIn(_ lease: StreamLease) async throws -> Int {
        let rows = try await advance(lease) {
            guard PQputCopyEnd(try connection, nil) == 1 else { throw lost(try connection) }
            return try await lastResult().affectedRows ?? 0
        }
        guard let rows else { throw PostgresError.misuse("the COPY is over") }
        closeStream()
        return rows
    }
}
