import Backup
import Vocabulary

/// The health of backups in the text format of Prometheus, for the textfile collector of the node
/// exporter.
struct BackupMetrics {
    let text: String

    init(_ health: BackupHealth, environment: String, checkedAt: Timestamp) {
        let place = "environment=\"\(DriftMetrics.escaped(environment))\""
        func labels(_ database: BackupHealth.Database) -> String {
            "{\(place),database=\"\(DriftMetrics.escaped(database.name))\"}"
        }
        var text = ""
        func metric(_ name: String, _ help: String, _ samples: [String]) {
            guard !samples.isEmpty else { return }
            text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
            for sample in samples { text += "\(name)\(sample)\n" }
        }
        let all = health.databases
        metric(
            "finflow_backup_newest_timestamp_seconds",
            "The moment that the newest stored snapshot of the database shows.",
            all.compactMap { database in database.time.map { "\(labels(database)) \($0.seconds)" } }
        )
        metric(
            "finflow_backup_readable_timestamp_seconds",
            "The moment of the newest snapshot that was read to its end.",
            all.compactMap { database in
                database.readable.map { "\(labels(database)) \($0.seconds)" }
            })
        metric(
            "finflow_backup_snapshots", "Snapshots of the database that are at least stored.",
            all.map { "\(labels($0)) \($0.count)" })
        metric(
            "finflow_backup_recovery_point_seconds",
            "As much as would have been lost at the worst moment of the last 30 days.",
            all.compactMap { database in
                database.recoveryPoint.map { "\(labels(database)) \($0)" }
            })
        metric(
            "finflow_backup_healthy",
            "Whether the database has a snapshot that is young enough and proven.",
            all.map { "\(labels($0)) \($0.state == .good ? 1 : 0)" })
        metric(
            "finflow_backup_chain_problems", "What is wrong with the chain of manifests.",
            ["{\(place)} \(health.problems.count)"])
        metric(
            "finflow_backup_last_check_timestamp_seconds", "When backups were last checked.",
            ["{\(place)} \(checkedAt.seconds)"])
        self.text = text
    }
}
