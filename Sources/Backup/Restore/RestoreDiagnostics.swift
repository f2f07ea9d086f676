public import Vocabulary

extension Diagnostic.Code {
    public static let restoreExists = Self(
        "FF1840", "what is to be restored is there already", status: .usage,
        explanation: """
            A database or a table is replaced only where its name is repeated: `--confirm NAME`. \
            Restored under another name (`--as NAME`) nothing is replaced. What is replaced is kept \
            under a name of its own, which is said at the end.
            """)
    public static let restoreInUse = Self(
        "FF1841", "what is to be replaced is in use", status: .failed,
        explanation: """
            Clients are connected to the database. Stop the services that use it, or cut them off \
            with `--disconnect`. A database that was restored and proven meanwhile is kept, and \
            taken up by the next run.
            """)
    public static let restoreDifferent = Self(
        "FF1842", "what was restored is not what was dumped", status: .failed,
        explanation: """
            The rows of each restored table are counted and summed again and compared with the \
            manifest. Nothing was replaced. Restore another snapshot, and look for what is wrong \
            with this one: `finflowctl backup verify --read-data`.
            """)
    public static let restoreIncomplete = Self(
        "FF1843", "a snapshot lacks what a restore needs", status: .failed,
        explanation: "The manifest names no object of that kind. Restore another snapshot.")
    public static let restoreUnknownTable = Self(
        "FF1844", "a snapshot has no such table",
        explanation: """
            Tables are named with their schema, as `finflowctl backup show --tables` lists them. Of \
            a partitioned table the partitions are restored, each for itself.
            """)
    public static let restoreNeeded = Self(
        "FF1845", "others refer to a table that was to be replaced", status: .failed,
        explanation: """
            Foreign keys and views would go on to refer to the old table. Restore it under another \
            name (`--as SCHEMA.NAME`), and bring its rows over by hand.
            """)
    public static let drillImpossible = Self(
        "FF1846", "a drill cannot be held here", status: .failed,
        explanation: """
            A drill starts a PostgreSQL server of the version that was dumped, in a directory of its \
            own. It needs Debian's package postgresql of that version, an account other than root \
            to run it, and room for all that is restored. It says nothing of the snapshot.
            """)
}

/// What restores, drills, pruning and checks say to an operator.
public enum RestoreDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .restoreExists, .restoreInUse, .restoreDifferent, .restoreIncomplete,
        .restoreUnknownTable, .restoreNeeded, .drillImpossible,
    ]

    static func describe(_ error: any Error) -> Diagnostic? {
        switch error {
        case let error as RestoreError: error.diagnostic
        case let error as DrillError: Diagnostic(.drillImpossible, "\(error)")
        default: nil
        }
    }
}

extension RestoreError {
    var diagnostic: Diagnostic {
        switch self {
        case .unknownDatabase(let name, let known):
            Diagnostic(
                .unknownDatabase, "\(self)",
                hint: nearestName(to: name, among: known).map { "did you mean `\($0)`?" })
        case .unknownTable: Diagnostic(.restoreUnknownTable, "\(self)")
        case .databaseExists(let name, _):
            Diagnostic(
                .restoreExists, "\(self)",
                help: "`--confirm '\(name.visible)'` replaces it and keeps the old one; "
                    + "`--as NAME` restores beside it.")
        case .tableExists(let name, _):
            Diagnostic(
                .restoreExists, "\(self)",
                help: "`--confirm '\(name.visible)'` replaces it and keeps the old one; "
                    + "`--as SCHEMA.NAME` restores beside it.")
        case .clientsConnected:
            Diagnostic(
                .restoreInUse, "\(self)",
                help: "Stop them, or cut them off with `--disconnect`.")
        case .tableNeeded: Diagnostic(.restoreNeeded, "\(self)")
        case .different: Diagnostic(.restoreDifferent, "\(self)")
        case .incomplete, .undefined: Diagnostic(.restoreIncomplete, "\(self)")
        }
    }
}

extension RestoreError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownDatabase(let name, _): "the snapshot has no database `\(name.visible)`"
        case .unknownTable(let name, let database):
            "\(database.visible) has no table `\(name.visible)` in the snapshot"
        case .databaseExists(let name, let server):
            "there is a database `\(name.visible)` on \(server)"
        case .tableExists(let name, let database):
            "there is a table `\(name.visible)` in \(database.visible)"
        case .clientsConnected(let database, let clients):
            "\(Self.listed(clients)) \(clients.count == 1 ? "is" : "are") connected to "
                + "`\(database.visible)`"
        case .tableNeeded(let table, let others):
            "`\(table.visible)` cannot be replaced: \(Self.listed(others)) refer to it"
        case .different(let database, let tables):
            "\(database.visible) was restored otherwise than it was dumped: "
                + Self.listed(tables.map { "\($0)" }, between: "; ")
        case .incomplete(let database, let content):
            "the snapshot has no object `\(content.rawValue)` of \(database.visible)"
        case .undefined(let database):
            "the dump of \(database.visible) does not define the database"
        }
    }

    private static func listed(_ texts: [String], between: String = ", ") -> String {
        guard !texts.isEmpty else { return "somebody" }
        let more = texts.count > 8 ? " and \(texts.count - 8) more" : ""
        return texts.prefix(8).joined(separator: between) + more
    }
}

extension DrillError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noServer(let major, let found):
            "no server of PostgreSQL \(major) is installed here"
                + (found.isEmpty ? "" : ", only \(found.joined(separator: ", "))")
        case .noAccount: "there is no account to run a server by: PostgreSQL refuses root"
        case .serverFailed(let step, let message): "\(step) failed: \(message.visible)"
        case .noRoom(let place, let message): "there is no room in \(place): \(message.visible)"
        }
    }
}
