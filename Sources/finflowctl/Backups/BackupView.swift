import Backup
import Vocabulary

/// Draws what happens while a snapshot is made or verified.
protocol BackupView: Sendable {
    func show(_ event: BackupEvent)
    /// Nothing more comes.
    func end()
}

/// Says only what somebody should know of, as under cron.
struct QuietBackupView: BackupView {
    func show(_ event: BackupEvent) {
        if case .warning(let text) = event { Stream.error.line("warning: \(text)") }
    }

    func end() {}
}

/// NDJSON on standard output.
struct JSONBackupView: BackupView {
    func show(_ event: BackupEvent) {
        switch event {
        case .began(let id):
            JSONView.print(["event": "snapshot-started", "snapshot": .string("\(id)")])
        case .database(let name, let phase):
            JSONView.print([
                "event": "database", "database": .string(name), "phase": .string(phase.rawValue),
            ])
        case .planned(let database, let tables, let bytes):
            JSONView.print([
                "event": "planned", "database": .string(database), "tables": .int(tables),
                "bytes": .int(bytes),
            ])
        case .table(let database, let name, let rows, _):
            JSONView.print([
                "event": "table", "database": .string(database), "table": .string(name),
                "rows": .int(rows),
            ])
        case .set(let name): JSONView.print(["event": "set", "set": .string(name)])
        case .stored(let key, let plain, let stored):
            JSONView.print([
                "event": "object", "object": .string("\(key)"), "plain_bytes": .int(plain),
                "stored_bytes": .int(stored),
            ])
        case .proving(let objects, let bytes):
            JSONView.print([
                "event": "proving", "objects": .int(objects), "bytes": .int(bytes),
            ])
        case .proved(let key, let bytes):
            JSONView.print([
                "event": "proved", "object": .string("\(key)"), "bytes": .int(bytes),
            ])
        case .warning(let text):
            JSONView.print(["event": "warning", "message": .string(text)])
        case .bytes: break
        }
    }

    func end() {}
}

enum BackupViews {
    /// The one that fits where the output goes.
    static func chosen(_ output: OutputOptions) -> any BackupView {
        if output.json { return JSONBackupView() }
        return Stream.error.isLive ? LiveBackupView() : QuietBackupView()
    }
}
