/// Why no snapshot came about.
public enum SnapshotError: Error, Hashable, Sendable {
    /// No pg_dump that is new enough for a server is here.
    case noPrograms(server: String, found: [String])
    /// The moments of two databases lie further apart than is allowed.
    case skew(Skew)
    /// Tables were truncated, rewritten, dropped or renamed while the database was dumped: what
    /// was dumped of them is not what the snapshot has.
    case disturbed(database: String, [TableDisturbance])
    /// Tables that a dump should hold are not in it, or without rows that are there.
    case incomplete(database: String, [TableGap])
    /// Somebody has to be able to read a set's paths.
    case set(name: String, reason: String)
    /// A dump that cannot be told from another.
    case noKey(database: String)

    public struct Skew: Hashable, Sendable {
        /// In seconds.
        public var apart: Double
        public var limit: Double
        public var first: String
        public var last: String
    }
}

/// What became of a table after the moment of the snapshot.
public struct TableDisturbance: Hashable, Sendable {
    public enum Event: Hashable, Sendable {
        /// TRUNCATE, or an ALTER, CLUSTER or VACUUM FULL that writes the table anew.
        case rewritten
        case dropped
        case renamed(to: String)
    }

    /// `public.payments`
    public var table: String
    public var event: Event
}

/// What a dump lacks.
public struct TableGap: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// The table is not in it.
        case missing
        /// It has no row of it, and the database has.
        case empty
    }

    public var table: String
    public var kind: Kind
}
