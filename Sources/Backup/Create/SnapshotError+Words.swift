import Vocabulary

extension SnapshotError {
    var diagnostic: Diagnostic {
        switch self {
        case .noPrograms:
            Diagnostic(
                .noPostgresPrograms, "\(self)",
                help: "Install the package postgresql-client of the server's version.")
        case .skew: Diagnostic(.snapshotSkew, "\(self)")
        case .disturbed: Diagnostic(.snapshotDisturbed, "\(self)", help: "Run it again.")
        case .incomplete: Diagnostic(.snapshotIncomplete, "\(self)")
        case .set: Diagnostic(.backupSet, "\(self)")
        case .noKey: Diagnostic(.nothingToBackUp, "\(self)")
        }
    }
}

extension SnapshotError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noPrograms(let server, let found):
            "the server has PostgreSQL \(server), and here is "
                + (found.isEmpty ? "no pg_dump" : "pg_dump " + found.joined(separator: ", "))
        case .skew(let skew):
            "\(skew.first) and \(skew.last) took their snapshots \(Duration.seconds(skew.apart).brief)"
                + " apart, and \(Duration.seconds(skew.limit).brief) are allowed"
        case .disturbed(let database, let tables):
            "in \(database), while it was dumped, "
                + tables.prefix(10).map { "\($0)" }.joined(separator: ", ")
                + Self.more(tables.count)
        case .incomplete(let database, let tables):
            "the dump of \(database): " + tables.prefix(10).map { "\($0)" }.joined(separator: ", ")
                + Self.more(tables.count)
        case .set(let name, let reason): "the set \(name): \(reason)"
        case .noKey(let database): "`\(database.visible)` cannot be a part of an object's name"
        }
    }

    private static func more(_ count: Int) -> String {
        count > 10 ? ", and \(count - 10) more" : ""
    }
}

extension TableDisturbance: CustomStringConvertible {
    public var description: String {
        switch event {
        case .rewritten: "\(table.visible) was truncated or rewritten"
        case .dropped: "\(table.visible) was dropped"
        case .renamed(let name): "\(table.visible) was renamed to \(name.visible)"
        }
    }
}

extension TableGap: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .missing: "\(table.visible) is not in it"
        case .empty: "\(table.visible) has no rows in it, and has some in the database"
        }
    }
}
