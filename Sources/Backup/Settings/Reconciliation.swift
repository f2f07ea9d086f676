public import Schema
import Vocabulary

/// Two queries, in two databases of one snapshot, that must answer alike: what payments took in
/// is what the ledger holds. A drill asks them of what it has restored.
public struct Reconciliation: SchemaModel, Hashable {
    public struct Side: SchemaModel, Hashable {
        /// By which FinFlow knows it.
        public var database = ""
        public var query = ""

        public init() {}

        public static let schema = Schema<Side>(
            "side", summary: "A query in one database.",
            fields: [
                .required("database", \.database, .text, "The database, as `databases:` names it."),
                .required("query", \.query, .text, "One SELECT; all its rows are compared."),
            ],
            example: "{ database: payments, query: SELECT sum(amount) FROM payment }")
    }

    public internal(set) var name = ""
    public var left = Side()
    public var right = Side()

    public init() {}

    public static let schema = Schema<Reconciliation>(
        "reconciliation", summary: "Two queries that must answer alike.",
        fields: [
            .required("left", \.left, .nested(), "One side."),
            .required("right", \.right, .nested(), "The other side."),
        ],
        example: """
            left: { database: payments, query: SELECT sum(amount) FROM payment }
            right: { database: accounting, query: SELECT sum(amount) FROM ledger }
            """)
}
