/// Reads a dump as it passes by, and tells how far it is.
struct DumpObserver: PlainObserver {
    private(set) var reader = DumpReader()
    let database: String
    /// Of the tables on the server's disk, by name.
    let sizes: [String: Int]
    let events: BackupEvents

    private var untold = 0
    /// How many tables of the reader's have been told of.
    private var told = 0

    private static let step = 1 << 20

    init(database: String, sizes: [String: Int], events: @escaping BackupEvents) {
        self.database = database
        self.sizes = sizes
        self.events = events
    }

    mutating func add(_ bytes: [UInt8]) throws {
        let before = reader.rows.count
        try reader.add(bytes)
        untold += bytes.count
        if untold >= Self.step || reader.rows.count != before { tell() }
    }

    mutating func finish() throws {
        try reader.finish()
        tell()
    }

    private mutating func tell() {
        if untold > 0 { events(.bytes(database: database, untold)) }
        untold = 0
        // Data come in the order of the table of contents.
        while told < reader.entries.count {
            let entry = reader.entries[told]
            if entry.hasData, entry.kind == "TABLE DATA" {
                guard let rows = reader.rows[entry.id] else { return }
                events(
                    .table(
                        database: database, name: entry.name, rows: rows.count,
                        size: sizes[entry.name] ?? 0))
            }
            told += 1
        }
    }
}
