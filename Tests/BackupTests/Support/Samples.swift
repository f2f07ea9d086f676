import Backup
import Vocabulary

enum Samples {
    static let begun = Timestamp(seconds: 1_795_000_000)

    static func stored(_ seed: Int) -> StoredObject {
        StoredObject(size: seed * 1000 + 7, sha256: ContentDigest(of: Array("\(seed)".utf8)))
    }

    static func object(_ id: SnapshotID, _ path: String, _ seed: Int) -> ManifestObject {
        guard let key = ObjectKey("snapshots/\(id)/\(path)") else { fatalError("no key: \(path)") }
        return ManifestObject(
            key: key, content: .tables, plain: stored(seed), stored: stored(seed + 1))
    }

    static func manifest(
        _ id: SnapshotID, after previous: ManifestLink? = nil, databases: [String] = ["payments"]
    ) -> Manifest {
        Manifest(
            id: id, environment: "staging", began: id.time,
            ended: Timestamp(seconds: id.time.seconds + 61), host: "ops@cron-1",
            tools: ["finflowctl": "0.1.0", "pg_dump": "15.20", "zstd": "1.5.4"],
            recipients: ["age1a", "age1b"], previous: previous,
            databases: databases.map { name in
                let part = ObjectKey.part(of: name) ?? "x"
                let objects = (1...3).map {
                    object(id, "\(part)/tables/000\($0).dump.zst.age", $0)
                }
                return DatabaseSnapshot(
                    name: name, serverVersion: "15.20", lsn: LogPosition(0x16_B374_D848),
                    time: id.time, objects: objects,
                    tables: objects.map { object in
                        TableSummary(
                            schema: "public", name: "we \"quote\" \(object.key.name)\n",
                            rows: RowSummary(
                                count: 12, checksum: String(repeating: "0123456789abcdef", count: 2)
                            ) ?? RowSummary(),
                            object: object.key)
                    })
            },
            sets: [
                ConfigurationSnapshot(
                    name: "etc", time: id.time,
                    objects: [object(id, "etc/archive.tar.zst.age", 9)])
            ])
    }

    static func id(_ offset: Int) -> SnapshotID {
        SnapshotID(at: Timestamp(seconds: begun.seconds + offset))
    }
}
