internal import CLibPQ

extension PostgresConnection {
    /// Runs one statement and collects its rows.
    ///
    /// - Parameter parameters: for `$1`, `$2`…; `nil` is NULL.
    /// - Throws: `PostgresError`, `CancellationError`.
    public func query(
        _ sql: String, _ parameters: [PostgresValue?] = []
    ) async throws -> PostgresRows {
        try await takingTurn {
            try send(sql, parameters)
            return PostgresRows(try await lastResult())
        }
    }

    /// Runs one statement whose rows are not of interest.
    ///
    /// - Returns: The number of rows that it touched; 0 for those that touch none.
    @discardableResult
    public func execute(_ sql: String, _ parameters: [PostgresValue?] = []) async throws -> Int {
        try await query(sql, parameters).affectedRows ?? 0
    }

    /// Runs any number of statements, with semicolons between; unless they say otherwise they
    /// are one transaction. The first error ends it.
    public func runScript(_ sql: String) async throws {
        try await takingTurn { _ = try await runSimple(sql) }
    }

    @discardableResult
    func runSimple(_ sql: String) async throws -> ResultHandle {
        try sendSimple(sql)
        return try await lastResult()
    }

    func sendSimple(_ sql: String) throws {
        try Self.check(sql)
        isExtended = false
        guard PQsendQuery(try connection, sql) == 1 else { throw unsent(try connection) }
    }

    func send(_ sql: String, _ parameters: [PostgresValue?]) throws {
        try Self.check(sql)
        let connection = try connection
        isExtended = true
        let sent = try WireParameters(parameters).withPointers {
            count, types, values, sizes, formats in
            PQsendQueryParams(connection, sql, count, types, values, sizes, formats, 0)
        }
        guard sent == 1 else { throw unsent(connection) }
    }

    private static func check(_ sql: String) throws(PostgresError) {
        guard !sql.utf8.contains(0) else { throw .misuse("a statement holds a NUL") }
    }

    /// What libpq refuses to send: too many parameters, or a connection that is no more.
    private func unsent(_ connection: OpaquePointer) -> PostgresError {
        if PQstatus(connection) == CONNECTION_BAD { return lost(connection) }
        let line = Self.complaint(connection).split(separator: "\n").first.map(String.init)
        return .misuse(line ?? "the statement was not sent")
    }
}
