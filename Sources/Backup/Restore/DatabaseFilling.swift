import Postgres

/// Makes a new database and fills it with what a snapshot holds of one.
///
/// The order is that of pg_restore: roles that are missing, the database, definitions, rows (by
/// several at once), then indexes, constraints, triggers and all that wants the rows there.
struct DatabaseFilling: Sendable {
    let snapshot: DatabaseSnapshot
    let reader: SnapshotReader
    let server: RestoreServer
    /// Of the new database.
    let name: String
    let jobs: Int
    let events: @Sendable (RestoreEvent) -> Void

    /// What has to be known of a filled database to prove and complete it.
    struct Filled: Sendable {
        var definition: DatabaseDefinition
        /// As the dump has them: by what statement a table's rows were read, and which these were.
        var tables: [DumpedTable]
        /// Roles that were made, without passwords.
        var newRoles: [String]
    }

    func run() async throws -> Filled {
        let (definition, newRoles, common) = try await define()
        events(.phase(snapshot.name, .rows))
        let tables = try await fillTables(common)
        events(.phase(snapshot.name, .indexes))
        try await applyPostData(try snapshot.object(.postData), common)
        return Filled(definition: definition, tables: tables, newRoles: newRoles)
    }

    /// Fills one table alone, and adds nothing of what comes behind the rows.
    func run(only table: TableSummary) async throws -> [DumpedTable] {
        let (_, _, common) = try await define()
        events(.phase(snapshot.name, .rows))
        let chosen = ["--schema=\(table.schema)", "--table=\(table.name)"]
        guard let object = snapshot.objects.first(where: { $0.key == table.object }) else {
            throw RestoreError.incomplete(snapshot.name, .tables)
        }
        return try await fill(from: object, chosen + common)
            .filter { $0.schema == table.schema && $0.name == table.name }
    }

    /// Makes the database and all that has to be there before the rows.
    ///
    /// - Returns: also what every pg_restore is told.
    private func define() async throws -> (DatabaseDefinition, newRoles: [String], [String]) {
        events(.phase(snapshot.name, .definitions))
        let definition = try await reader.definition(of: snapshot, by: server)
        let (newRoles, hasTablespaces) = try await makeDatabase(definition)
        let common = hasTablespaces ? [] : ["--no-tablespaces"]
        try await apply(try snapshot.object(.preData), common)
        return (definition, newRoles, common)
    }

    private func makeDatabase(
        _ definition: DatabaseDefinition
    ) async throws -> (newRoles: [String], hasTablespaces: Bool) {
        let globals = try await globals()
        return try await server.withMaintenance { connection in
            try await server.dropDatabase(name, connection)
            let newRoles = try await globals?.makeRoles(connection) ?? []
            let hasTablespaces = try await globals?.hasTablespaces(connection) ?? true
            try await definition.create(
                as: name, withTablespaces: hasTablespaces, over: connection)
            return (newRoles, hasTablespaces)
        }
    }

    /// Not every login may read them: then the snapshot has none.
    private func globals() async throws -> ServerGlobals? {
        guard let object = snapshot.objects.first(where: { $0.content == .globals }) else {
            return nil
        }
        return ServerGlobals(try await reader.contents(of: object))
    }

    private func fillTables(_ common: [String]) async throws -> [DumpedTable] {
        var pending = snapshot.dataObjects.makeIterator()
        return try await withThrowingTaskGroup(of: [DumpedTable].self) { group in
            for _ in 0..<max(1, jobs) {
                guard let object = pending.next() else { break }
                group.addTask { try await fill(from: object, common) }
            }
            var tables: [DumpedTable] = []
            while let some = try await group.next() {
                tables += some
                if let object = pending.next() {
                    group.addTask { try await fill(from: object, common) }
                }
            }
            return tables
        }
    }

    private func fill(
        from object: ManifestObject, _ common: [String]
    ) async throws -> [DumpedTable] {
        let dump = try await reader.explaining(object) {
            let observed = ObservedPieces(
                source: ErasedPieces(try await reader.read(object)), observer: DumpReader())
            try await server.restoring(into: name, ["--data-only"] + common).run(reading: observed)
            return observed.outcome.1
        }
        let tables = dump.tables.map { DumpedTable($0.entry, $0.rows, in: object) }
        for table in tables {
            events(.table(snapshot.name, "\(table.schema).\(table.name)", rows: table.rows.count))
        }
        return tables
    }

    private func apply(_ object: ManifestObject, _ common: [String]) async throws {
        try await reader.explaining(object) {
            try await server.restoring(into: name, common).run(
                reading: try await reader.read(object))
        }
    }

    /// Indexes are what takes long here: with several at once, pg_restore wants a file.
    private func applyPostData(_ object: ManifestObject, _ common: [String]) async throws {
        guard jobs > 1 else {
            return try await apply(object, common)
        }
        let file = try await ScratchFile.holding(try await reader.contents(of: object))
        try await server.restoring(into: name, common + ["--jobs=\(jobs)", file.path])
            .run(reading: NoPieces())
    }
}

/// A table's rows as a dump has them.
struct DumpedTable: Hashable, Sendable {
    var schema: String
    var name: String
    var rows: RowSummary
    var object: ObjectKey
    var content: ManifestObject.Content
    /// Reads the rows of a table that was restored as they were read for the dump: the same
    /// columns in the same order.
    var copyOut: String?

    init(_ entry: DumpEntry, _ rows: RowSummary, in object: ManifestObject) {
        schema = entry.namespace ?? ""
        name = entry.tag
        self.rows = rows
        self.object = object.key
        content = object.content
        let ending = " FROM stdin;"
        copyOut = entry.copyStatement.flatMap { statement in
            guard let end = statement.range(ofLast: ending) else { return nil }
            return statement[..<end] + " TO STDOUT"
        }
    }
}

extension String {
    /// Where the last of these begins.
    fileprivate func range(ofLast text: String) -> Index? {
        ranges(of: text).last?.lowerBound
    }
}

/// What a program is given that reads nothing.
struct NoPieces: AsyncSequence, Sendable {
    typealias Failure = any Error

    func makeAsyncIterator() -> Iterator { Iterator() }

    struct Iterator: AsyncIteratorProtocol {
        mutating func next() async throws -> [UInt8]? { nil }
    }
}
