import Backup
import Vocabulary

/// Says how far a restore or a drill is: a line for each step on a terminal, records with
/// `--json`, nothing under cron.
struct RestoreView: Sendable {
    private let isJSON: Bool
    private let isLive: Bool

    init(_ output: OutputOptions) {
        isJSON = output.json
        isLive = Stream.error.isLive
    }

    func show(_ event: RestoreEvent) {
        switch event {
        case .phase(let database, let phase):
            if isJSON {
                JSONView.print([
                    "event": "database", "database": .string(database),
                    "phase": .string(phase.rawValue),
                ])
            } else if isLive {
                Stream.error.line("\(database.visible): \(Self.words(phase))")
            }
        case .table(let database, let name, let rows):
            if isJSON {
                JSONView.print([
                    "event": "table", "database": .string(database), "table": .string(name),
                    "rows": .int(rows),
                ])
            } else if isLive {
                Stream.error.line(
                    "\(database.visible):   \(name.visible), \(counted(rows, "row"))")
            }
        case .resumed(let database):
            say(
                ["event": "resumed", "database": .string(database)],
                "\(database.visible): an earlier run has restored and proven it; it is taken up")
        case .newRoles(let roles):
            say(
                ["event": "new-roles", "roles": .array(roles.map(JSON.string))],
                "New roles, which have no password yet: "
                    + roles.map(\.visible).joined(separator: ", "))
        }
    }

    private func say(_ record: JSON, _ text: String) {
        if isJSON { JSONView.print(record) } else { Stream.error.line(text) }
    }

    private static func words(_ phase: RestoreEvent.Phase) -> String {
        switch phase {
        case .definitions: "definitions"
        case .rows: "rows"
        case .indexes: "indexes, keys, triggers"
        case .proof: "rows are counted and summed again"
        case .statistics: "statistics for the planner"
        case .swap: "it takes its place"
        }
    }
}
