import Postgres

/// Asks two restored databases what must be answered alike.
struct ReconciliationCheck: Sendable {
    let reconciliation: Reconciliation
    /// By the names that the environment knows them by.
    let databases: [String: PostgresSettings]

    enum Outcome: Hashable, Sendable {
        case alike
        case different(String)
        /// A database is not in the snapshot.
        case notAsked(String)
    }

    func run() async throws -> Outcome {
        for side in [reconciliation.left, reconciliation.right]
        where databases[side.database] == nil {
            return .notAsked(side.database)
        }
        let left: [String]
        let right: [String]
        do {
            left = try await answer(reconciliation.left)
            right = try await answer(reconciliation.right)
        } catch let error as PostgresError where error.kind == .statement {
            return .different("a query fails: \(error.message)")
        }
        guard left != right else { return .alike }
        let row = zip(left, right).first { $0 != $1 }
        return .different(
            "\(reconciliation.left.database) says \(row?.0 ?? "\(left.count) rows"), "
                + "\(reconciliation.right.database) \(row?.1 ?? "\(right.count) rows")")
    }

    /// Each row as a text.
    private func answer(_ side: Reconciliation.Side) async throws -> [String] {
        guard let settings = databases[side.database] else { return [] }
        return try await PostgresConnection.withConnection(settings) { connection in
            try await connection.withTransaction(readOnly: true) { connection in
                try await connection.query(side.query).map { row in
                    try (0..<row.count).map { index in
                        try row.decode(at: index, as: String?.self) ?? "NULL"
                    }.joined(separator: ", ")
                }
            }
        }
    }
}
