import Vocabulary

/// Drift in the text format of Prometheus, for the textfile collector of the node exporter.
struct DriftMetrics {
    let text: String

    init(_ drift: DriftList, environment: String, checkedAt: Timestamp) {
        let place = "environment=\"\(Self.escaped(environment))\""
        func labels(_ host: DriftList.HostEntry) -> String {
            "{\(place),host=\"\(Self.escaped(host.name))\"}"
        }
        var text = ""
        func metric(_ name: String, _ help: String, _ samples: [String]) {
            guard !samples.isEmpty else { return }
            text += "# HELP \(name) \(help)\n# TYPE \(name) gauge\n"
            for sample in samples { text += "\(name)\(sample)\n" }
        }
        metric(
            "finflow_drift_changes", "Tasks of the host that somebody else changed the result of.",
            drift.hosts.map { "\(labels($0)) \($0.entries.count)" })
        metric(
            "finflow_drift_host_checked",
            "Whether all of the host could be looked at; without it, no drift says nothing.",
            drift.hosts.map { "\(labels($0)) \($0.obstacle == nil ? 1 : 0)" })
        metric(
            "finflow_drift_since_timestamp_seconds",
            "Before this time nothing of the host's drift was made.",
            drift.hosts.compactMap { host in
                host.since.map { "\(labels(host)) \($0.seconds)" }
            })
        metric(
            "finflow_drift_last_check_timestamp_seconds", "When drift was last looked for.",
            ["{\(place)} \(checkedAt.seconds)"])
        self.text = text
    }

    /// The value of a label: backslash, quote and end of line are escaped, nothing else.
    static func escaped(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n")
    }
}
