internal import CLibPQ
internal import Loop

extension PostgresConnection {
    /// The next result of the statement under way; `nil` when it is over.
    func nextResult(until deadline: ContinuousClock.Instant? = nil) async throws -> ResultHandle? {
        while PQisBusy(try connection) == 1 { try await receive(until: deadline) }
        return PQgetResult(try connection).map { ResultHandle(adopting: $0) }
    }

    /// The last result of the statement under way, which is read to its end.
    func lastResult() async throws -> ResultHandle {
        try await flush()
        var last: ResultHandle?
        var failed: PostgresError?
        while let result = try await nextResult() {
            if result.isCopy { throw PostgresError.isCopy }
            failed = failed ?? error(of: result)
            last = result
        }
        if let failed { throw failed }
        guard let last else { throw PostgresError.misuse("the statement has no result") }
        return last
    }

    /// What is wrong with a result, if anything.
    func error(of result: ResultHandle) -> PostgresError? {
        guard [PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE].contains(result.status) else { return nil }
        if let report = PostgresReport(result.pointer) {
            return PostgresError(report, server: server)
        }
        let said = String(cString: PQresultErrorMessage(result.pointer))
        let line = said.split(separator: "\n").first.map(String.init) ?? "no reason given"
        return .lost(line, server: server)
    }
}

extension PostgresError {
    static let isCopy = misuse("COPY from or to the client has calls of its own")
}
