internal import CLibPQ

/// What a transaction sees of others (PostgreSQL's documentation, 13.2).
public enum PostgresIsolation: String, Hashable, Sendable {
    case readCommitted = "READ COMMITTED"
    case repeatableRead = "REPEATABLE READ"
    case serializable = "SERIALIZABLE"
}

extension PostgresConnection {
    /// Runs `body` in a transaction, which is committed when `body` returns and rolled back when
    /// it throws or the task is cancelled.
    ///
    /// Statements on this connection from inside of `body` belong to the transaction; those of
    /// other tasks wait for its end. A transaction inside of another is a savepoint.
    ///
    /// - Throws: What `body` throws; `PostgresError` when the transaction cannot be committed,
    ///   also where the server rolled it back because a statement in it had failed.
    public nonisolated func withTransaction<Value: Sendable>(
        isolation: PostgresIsolation? = nil, readOnly: Bool = false, deferrable: Bool = false,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        var modes: [String] = []
        if let isolation { modes.append("ISOLATION LEVEL \(isolation.rawValue)") }
        if readOnly { modes.append("READ ONLY") }
        if deferrable { modes.append("DEFERRABLE") }
        let inner = try await begin(modes)
        do {
            var entered = Scope.entered
            entered[ObjectIdentifier(self)] = inner
            let value = try await Scope.$entered.withValue(entered) { try await body(self) }
            try Task.checkCancellation()
            try await finish(inner, committing: true)
            return value
        } catch {
            // It does nothing when it was the end that failed.
            try? await finish(inner, committing: false)
            throw error
        }
    }

    private func begin(_ modes: [String]) async throws -> Scope {
        let outer = scope
        guard outer.depth == 0 || modes.isEmpty else {
            throw PostgresError.misuse("a savepoint has no modes of its own")
        }
        try await enter(outer)
        let inner = Scope(parent: outer, depth: outer.depth + 1, loop: loop)
        do {
            try await settling {
                _ = try await runSimple(
                    outer.depth == 0
                        ? (["BEGIN"] + modes).joined(separator: " ")
                        : "SAVEPOINT \(inner.savepoint)")
            }
            inner.isSaved = true
        } catch {
            // Cancelled after the server had begun it.
            await undo(inner)
            leave(outer)
            throw error
        }
        return inner
    }

    /// In a task of its own: an end that is cancelled halfway is no end.
    private func finish(_ inner: Scope, committing: Bool) async throws {
        guard inner.over == nil, let outer = inner.parent else { return }
        try await Task {
            defer {
                inner.shut(throwing: .misuse("the transaction is over"))
                leave(outer)
            }
            // What somebody still holds of it.
            await abandonStream(of: inner)
            try await inner.turns.enter()
            isBusy = true
            if committing {
                try await commit(inner)
            } else {
                await undo(inner)
            }
        }.value
    }

    private func commit(_ inner: Scope) async throws {
        do {
            let result = try await settling {
                try await runSimple(
                    inner.depth == 1 ? "COMMIT" : "RELEASE SAVEPOINT \(inner.savepoint)")
            }
            // The server's answer to COMMIT after an error in the transaction.
            guard result.commandTag != "ROLLBACK" else {
                var report = PostgresReport(
                    severity: .error, sqlState: .failedTransaction,
                    message: "the transaction was rolled back, because a statement in it failed")
                report.hint = "The statement's error was not passed on."
                throw PostgresError(report, server: server)
            }
        } catch {
            await undo(inner)
            throw error
        }
    }

    /// Rolls back what there is to be; a connection that cannot is closed.
    private func undo(_ inner: Scope) async {
        guard let connection = try? connection else { return }
        let status = PQtransactionStatus(connection)
        guard status != PQTRANS_IDLE else { return }
        do {
            if inner.depth == 1 {
                try await uncancelled("ROLLBACK")
            } else if inner.isSaved {
                try await uncancelled(
                    "ROLLBACK TO SAVEPOINT \(inner.savepoint); "
                        + "RELEASE SAVEPOINT \(inner.savepoint)")
            }
        } catch {
            end(.lost("a transaction could not be rolled back: \(error)", server: server))
        }
    }

    private func uncancelled(_ sql: String) async throws {
        try await Task { _ = try await settling { try await runSimple(sql) } }.value
    }
}
