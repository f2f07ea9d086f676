import Postgres

/// Brings databases of a snapshot back: each is filled under a new name, proven against the
/// manifest, and only when all are proven put in its place. What had the name is kept.
///
/// Killed at any point, it is finished by running it again: a database that was not proven is made
/// anew, one that was is proven again and taken up.
public struct SnapshotRestore: Sendable {
    /// One database, and where it goes.
    public struct Order: Sendable {
        /// By which the snapshot knows it.
        public var database: String
        public var server: RestoreServer
        /// The name it gets on the server.
        public var target: String
        /// How many pg_restore fill it at once.
        public var jobs: Int

        public init(database: String, server: RestoreServer, target: String, jobs: Int = 2) {
            self.database = database
            self.server = server
            self.target = target
            self.jobs = jobs
        }
    }

    /// A database that is back.
    public struct Restored: Hashable, Sendable {
        public var database: String
        public var target: String
        /// What the one that it replaced is called now.
        public var previous: String?
        public var tables: Int
        public var rows: Int
    }

    public var manifest: Manifest
    public var reader: SnapshotReader
    public var orders: [Order]
    /// Targets that may be replaced.
    public var replaceable: Set<String>
    /// Whether clients of what is replaced are cut off; else it is refused while there are any.
    public var isDisconnecting: Bool
    /// Whether the planner gets to know the new tables before anybody uses them.
    public var gathersStatistics = true

    public init(
        of manifest: Manifest, from reader: SnapshotReader, _ orders: [Order],
        replacing replaceable: Set<String> = [], disconnecting isDisconnecting: Bool = false
    ) {
        self.manifest = manifest
        self.reader = reader
        self.orders = orders
        self.replaceable = replaceable
        self.isDisconnecting = isDisconnecting
    }

    /// - Throws: ``RestoreError``, ``PipelineError``, what reading the repository and the server
    ///   throw. Nothing has been replaced then, unless the server failed between two databases.
    public func run(
        _ events: @escaping @Sendable (RestoreEvent) -> Void = { _ in }
    ) async throws -> [Restored] {
        let works = try orders.map { order throws(RestoreError) in try work(for: order, events) }
        for work in works {
            try await work.swap.check(mayReplace: replaceable.contains(work.swap.names.database))
        }
        for work in works { try await prepare(work, events) }
        var restored: [Restored] = []
        for work in works {
            events(.phase(work.filling.snapshot.name, .swap))
            let tables = work.filling.snapshot.tables
            restored.append(
                Restored(
                    database: work.filling.snapshot.name, target: work.swap.names.database,
                    previous: try await work.swap.run(), tables: tables.count,
                    rows: tables.reduce(0) { $0 + $1.rows.count }))
        }
        return restored
    }

    private struct Work: Sendable {
        var filling: DatabaseFilling
        var swap: DatabaseSwap
    }

    private func work(
        for order: Order, _ events: @escaping @Sendable (RestoreEvent) -> Void
    ) throws(RestoreError) -> Work {
        guard let snapshot = manifest.databases.first(where: { $0.name == order.database }) else {
            throw .unknownDatabase(order.database, known: manifest.databases.map(\.name))
        }
        let names = RestoreNames(database: order.target, snapshot: manifest.id)
        return Work(
            filling: DatabaseFilling(
                snapshot: snapshot, reader: reader, server: order.server, name: names.filling,
                jobs: order.jobs, events: events),
            swap: DatabaseSwap(
                names: names, server: order.server, isDisconnecting: isDisconnecting))
    }

    /// Has a whole and proven database under the name that says so.
    private func prepare(
        _ work: Work, _ events: @Sendable (RestoreEvent) -> Void
    ) async throws {
        let (filling, names) = (work.filling, work.swap.names)
        let isReady = try await filling.server.withMaintenance {
            try await $0.hasDatabase(names.ready)
        }
        if isReady {
            // It may have been used since.
            if try await differences(in: names.ready, filling, [], events).isEmpty {
                events(.resumed(filling.snapshot.name))
                return
            }
            try await filling.server.withMaintenance {
                try await filling.server.dropDatabase(names.ready, $0)
            }
        }
        let filled = try await filling.run()
        let differences = try await differences(in: names.filling, filling, filled.tables, events)
        guard differences.isEmpty else {
            throw RestoreError.different(filling.snapshot.name, differences)
        }
        if !filled.newRoles.isEmpty { events(.newRoles(filled.newRoles)) }
        if gathersStatistics {
            events(.phase(filling.snapshot.name, .statistics))
            try await PostgresConnection.withConnection(
                filling.server.settings(for: names.filling)
            ) { try await $0.runScript("ANALYZE") }
        }
        try await filling.server.withMaintenance { connection in
            try await filled.definition.complete(names.filling, over: connection)
            try await connection.renameDatabase(names.filling, to: names.ready)
        }
    }

    private func differences(
        in database: String, _ filling: DatabaseFilling, _ dumped: [DumpedTable],
        _ events: @Sendable (RestoreEvent) -> Void
    ) async throws -> [TableDifference] {
        events(.phase(filling.snapshot.name, .proof))
        return try await DatabaseProof(
            snapshot: filling.snapshot, server: filling.server, database: database,
            jobs: filling.jobs
        ).differences(dumped)
    }
}
