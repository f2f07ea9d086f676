import TaskGraph

/// All changes of a run by host, hosts that are alike folded together.
struct ChangeList {
    private var hosts: [(names: [String], changes: [ChangeText])] = []

    init(_ reports: [TaskReport], labels: TaskLabels, contents: Bool, style: Style) {
        let width = Stream.output.isTerminal ? max(0, Stream.output.width - 2) : nil
        var byHost: [String: [ChangeText]] = [:]
        var order: [String] = []
        for report in reports where report.status.kind == .changed {
            let host = report.host ?? ""
            if byHost[host] == nil { order.append(host) }
            byHost[host, default: []].append(
                ChangeText(
                    report, place: labels.places[report.id],
                    origin: labels.ledger?[report.id]?.origin, contents: contents, style: style,
                    width: width))
        }
        var positions: [[ChangeText]: Int] = [:]
        for host in order {
            guard let changes = byHost[host] else { continue }
            if let position = positions[changes] {
                hosts[position].names.append(host)
            } else {
                positions[changes] = hosts.count
                hosts.append(([host], changes))
            }
        }
    }

    func text(style: Style) -> String {
        hosts.map { group in
            let names = group.names.joined(separator: ", ")
            let alike = group.names.count > 1 ? "  (\(group.names.count) hosts alike)" : ""
            let lines = group.changes.flatMap { change in
                ["  " + change.headline] + change.details.map { "  " + $0 }
            }
            return ([style.bold(names) + style.dim(alike)] + lines).joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}
