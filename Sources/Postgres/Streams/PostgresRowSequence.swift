internal import CLibPQ
internal import Glibc

/// The rows of a statement as they come, with memory for a few of them only.
///
/// The statement starts with the first row that is asked for, and holds its turn at the
/// connection until the last one, or until the iterator is gone: the server then is asked to
/// cancel it, by which a transaction that it belongs to fails. A reader that is slow slows the
/// server down.
public struct PostgresRowSequence: AsyncSequence, Sendable {
    public typealias Element = PostgresRow

    let connection: PostgresConnection
    let sql: String
    let parameters: [PostgresValue?]

    public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(sequence: self) }

    public struct AsyncIterator: AsyncIteratorProtocol {
        private let sequence: PostgresRowSequence
        private var lease: StreamLease?
        private var isOver = false
        /// Last one first.
        private var rows: [PostgresRow] = []

        init(sequence: PostgresRowSequence) {
            self.sequence = sequence
        }

        public mutating func next() async throws -> PostgresRow? {
            try await next(isolation: nil)
        }

        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(any Error) -> PostgresRow? {
            if let row = rows.popLast() { return row }
            guard !isOver else { return nil }
            // Whatever is thrown is the end.
            isOver = true
            let connection = sequence.connection
            let lease: StreamLease
            if let open = self.lease {
                lease = open
            } else {
                lease = try await connection.openRows(sequence.sql, sequence.parameters)
            }
            self.lease = lease
            guard let batch = try await connection.nextRows(lease) else {
                self.lease = nil
                return nil
            }
            isOver = false
            rows = batch.reversed()
            return rows.popLast()
        }
    }
}

extension PostgresConnection {
    /// Runs one statement and gives its rows as they come; for results that need not fit into
    /// memory.
    public nonisolated func rows(
        _ sql: String, _ parameters: [PostgresValue?] = []
    ) -> PostgresRowSequence {
        PostgresRowSequence(connection: self, sql: sql, parameters: parameters)
    }

    fileprivate func openRows(
        _ sql: String, _ parameters: [PostgresValue?]
    ) async throws -> StreamLease {
        try await openStream {
            try send(sql, parameters)
            guard PQsetSingleRowMode(try connection) == 1 else { throw lost(try connection) }
            try await flush()
        }
    }

    /// As many rows as are there, so that they cross between threads together.
    fileprivate func nextRows(_ lease: StreamLease) async throws -> [PostgresRow]? {
        try await advance(lease) {
            var rows: [PostgresRow] = []
            var size = 0
            while rows.count < 512, size < 256 << 10 {
                if !rows.isEmpty, !(try hasResult()) { break }
                guard let result = try await nextResult() else { break }
                if let error = error(of: result) { throw error }
                guard result.status == PGRES_SINGLE_TUPLE else {
                    if result.isCopy { throw PostgresError.isCopy }
                    continue
                }
                let columns = stream?.columns ?? Columns(result)
                stream?.columns = columns
                rows.append(PostgresRow(result: result, number: 0, columns: columns))
                size += result.size
            }
            return rows.isEmpty ? nil : rows
        }
    }

    /// Whether there is a result without waiting.
    private func hasResult() throws -> Bool {
        let connection = try connection
        if PQisBusy(connection) == 0 { return true }
        guard isReady(connection, POLLIN) else { return false }
        try takeIn()
        return PQisBusy(connection) == 0
    }
}
