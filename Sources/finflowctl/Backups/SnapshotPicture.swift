import Backup
import Vocabulary

/// All of one snapshot.
struct SnapshotPicture {
    private let entry: SnapshotCatalogue.Entry
    private let withTables: Bool

    init(_ entry: SnapshotCatalogue.Entry, withTables: Bool) {
        self.entry = entry
        self.withTables = withTables
    }

    func text(_ style: Style) -> String {
        let manifest = entry.manifest
        var lines = [
            style.bold("\(manifest.id)") + "  \(manifest.environment.visible)",
            "  made       \(manifest.began) to \(manifest.ended) by \(manifest.host.visible)",
            "  level      \(entry.level?.rawValue ?? "unproven")",
            "  before it  \(manifest.previous.map { "\($0.id)" } ?? "none")",
            "  opened by  \(manifest.recipients.joined(separator: ", "))",
            "  made with  "
                + manifest.tools.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.visible)" }
                .joined(separator: "; "),
        ]
        for database in manifest.databases {
            let rows = database.tables.reduce(0) { $0 + $1.rows.count }
            lines += [
                "", style.bold(database.name) + "  PostgreSQL \(database.serverVersion.visible)",
                "  as of      \(database.time), LSN \(database.lsn)",
                "  holds      \(counted(database.tables.count, "table")), \(counted(rows, "row"))",
            ]
            if withTables {
                lines += database.tables.map { table in
                    "    \(table.schema.visible).\(table.name.visible)  "
                        + counted(table.rows.count, "row")
                }
            }
            lines += database.objects.map(Self.line)
        }
        for set in manifest.sets {
            lines += ["", style.bold(set.name) + "  files", "  as of      \(set.time)"]
            lines += set.objects.map(Self.line)
        }
        guard !entry.records.isEmpty else { return lines.joined(separator: "\n") }
        lines += ["", style.bold("checks")]
        for record in entry.records {
            let outcome =
                record.hasPassed ? style.green("passed") : style.red("failed")
            lines.append(
                "  \(record.time)  \(record.level.rawValue)  \(outcome)  by \(record.host.visible)")
            lines += record.problems.map { "    \($0.visible)" }
        }
        return lines.joined(separator: "\n")
    }

    private static func line(_ object: ManifestObject) -> String {
        "  \(object.content.rawValue.padded(to: 9))  \(ByteCount(object.plain.size)) in "
            + "\(ByteCount(object.stored.size))  \(object.key)"
    }

    /// For `--json`: the snapshot, then each database, table and object.
    var records: [JSON] {
        var records = [entry.record]
        for database in entry.manifest.databases {
            records.append([
                "database": .string(database.name), "server": .string(database.serverVersion),
                "lsn": .string("\(database.lsn)"), "time": .string("\(database.time)"),
            ])
            for table in withTables ? database.tables : [] {
                records.append([
                    "database": .string(database.name), "table": .string(table.name),
                    "schema": .string(table.schema), "rows": .int(table.rows.count),
                    "checksum": .string(table.rows.checksum),
                    "object": .string("\(table.object)"),
                ])
            }
        }
        for object in entry.manifest.objects {
            records.append([
                "object": .string("\(object.key)"), "content": .string(object.content.rawValue),
                "plain_bytes": .int(object.plain.size), "stored_bytes": .int(object.stored.size),
                "sha256": .string("\(object.stored.sha256)"),
            ])
        }
        for record in entry.records {
            records.append([
                "check": .string(record.level.rawValue), "time": .string("\(record.time)"),
                "host": .string(record.host), "passed": .bool(record.hasPassed),
                "problems": .array(record.problems.map(JSON.string)),
            ])
        }
        return records
    }
}
