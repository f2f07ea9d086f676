import Backup
import Vocabulary

extension SnapshotCatalogue.Entry {
    /// One that has just been made.
    init(_ made: CreatedSnapshot, level: VerificationLevel) {
        self.init(
            manifest: made.manifest, link: made.link,
            records: [
                VerificationRecord(
                    manifest: made.link, level: level, time: made.manifest.ended,
                    host: made.manifest.host, version: "", objects: made.manifest.objects.count,
                    bytes: made.manifest.objects.reduce(0) { $0 + $1.stored.size }, problems: [])
            ])
    }

    /// In stored bytes.
    var size: Int { manifest.objects.reduce(0) { $0 + $1.stored.size } }

    /// For `--json`.
    var record: JSON {
        [
            "snapshot": .string("\(manifest.id)"), "environment": .string(manifest.environment),
            "began": .string("\(manifest.began)"), "ended": .string("\(manifest.ended)"),
            "host": .string(manifest.host), "level": level.map { .string($0.rawValue) } ?? .null,
            "databases": .array(manifest.databases.map { .string($0.name) }),
            "sets": .array(manifest.sets.map { .string($0.name) }),
            "objects": .int(manifest.objects.count),
            "plain_bytes": .int(manifest.objects.reduce(0) { $0 + $1.plain.size }),
            "stored_bytes": .int(size), "sha256": .string("\(link.sha256)"),
        ]
    }
}

/// Snapshots, a line each.
struct SnapshotTable {
    private let entries: [SnapshotCatalogue.Entry]

    init(_ entries: [SnapshotCatalogue.Entry]) {
        self.entries = entries
    }

    func text(_ style: Style) -> String {
        let head = ["SNAPSHOT", "TIME", "LEVEL", "STORED", "HOLDS"]
        let rows = entries.map { entry -> [String] in
            let names = entry.manifest.databases.map(\.name) + entry.manifest.sets.map(\.name)
            return [
                "\(entry.manifest.id)", "\(entry.manifest.began)",
                entry.level?.rawValue ?? "unproven", "\(ByteCount(entry.size))",
                names.joined(separator: ", "),
            ]
        }
        let widths = head.indices.dropLast().map { column in
            ([head] + rows).map { $0[column].columns }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            cells.enumerated().map { index, cell in
                index < widths.count ? cell.padded(to: widths[index]) : cell
            }.joined(separator: "  ")
        }
        return ([style.dim(line(head))] + rows.map(line)).joined(separator: "\n")
    }
}
