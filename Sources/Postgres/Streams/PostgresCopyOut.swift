internal import CLibPQ
internal import Glibc

/// What `COPY … TO STDOUT` gives, in chunks of up to 256 KiB whose edges mean nothing.
///
/// As with ``PostgresRowSequence`` the statement starts with the first chunk that is asked for;
/// while none is asked for the socket is not read, and the server waits.
public struct PostgresCopyOut: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    static let chunkSize = 256 << 10

    let connection: PostgresConnection
    let sql: String

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(copy: self) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let copy: PostgresCopyOut
        private var lease: StreamLease?
        private var isOver = false
        /// Of a row that is larger than a chunk.
        private var rest: ArraySlice<UInt8> = []

        init(copy: PostgresCopyOut) {
            self.copy = copy
        }

        public mutating func next() async throws -> [UInt8]? {
            try await next(isolation: nil)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(any Error) -> [UInt8]? {
            if !rest.isEmpty { return takeChunk() }
            guard !isOver else { return nil }
            // Whatever is thrown is the end.
            isOver = true
            let lease: StreamLease
            if let open = self.lease {
                lease = open
            } else {
                lease = try await copy.connection.openCopyOut(copy.sql)
            }
            self.lease = lease
            guard let bytes = try await copy.connection.nextBytes(lease) else {
                self.lease = nil
                return nil
            }
            isOver = false
            if bytes.count <= PostgresCopyOut.chunkSize { return bytes }
            rest = bytes[...]
            return takeChunk()
        }

        private mutating func takeChunk() -> [UInt8] {
            let chunk = [UInt8](rest.prefix(PostgresCopyOut.chunkSize))
            rest = rest.dropFirst(chunk.count)
            if rest.isEmpty { rest = [] }
            return chunk
        }
    }
}

extension PostgresConnection {
    /// Runs `COPY … TO STDOUT` and gives its bytes as they come.
    public nonisolated func copyOut(_ sql: String) -> PostgresCopyOut {
        PostgresCopyOut(connection: self, sql: sql)
    }

    fileprivate func openCopyOut(_ sql: String) async throws -> StreamLease {
        try await openStream { try await startCopy(sql, PGRES_COPY_OUT) }
    }

    /// Starts a COPY in the direction that `status` stands for.
    ///
    /// By the simple protocol: by the extended one the server would have been sent a Sync before
    /// the COPY and one after it, and answers both if it is cancelled between reading them; libpq
    /// takes the second answer for the next statement's.
    func startCopy(_ sql: String, _ status: ExecStatusType) async throws {
        try sendSimple(sql)
        try await flush()
        guard let result = try await nextResult() else {
            throw PostgresError.misuse("the statement has no result")
        }
        if let error = error(of: result) { throw error }
        guard result.status == status else {
            throw PostgresError.misuse(
                status == PGRES_COPY_OUT
                    ? "the statement is no COPY TO STDOUT" : "the statement is no COPY FROM STDIN")
        }
    }

    /// A chunk, or a whole row where that is larger.
    fileprivate func nextBytes(_ lease: StreamLease) async throws -> [UInt8]? {
        try await advance(lease) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(PostgresCopyOut.chunkSize)
            while bytes.count < PostgresCopyOut.chunkSize, stream?.isOver == false {
                let connection = try connection
                var row: UnsafeMutablePointer<CChar>?
                switch PQgetCopyData(connection, &row, 1) {
                case 0:
                    if !bytes.isEmpty, !isReady(connection, POLLIN) { return bytes }
                    try await receive()
                case -1:
                    _ = try await lastResult()
                    stream?.isOver = true
                case -2: throw lost(connection)
                case let count:
                    bytes.append(
                        contentsOf: UnsafeRawBufferPointer(start: row, count: Int(count)))
                    PQfreemem(row)
                }
            }
            return bytes.isEmpty ? nil : bytes
        }
    }
}
