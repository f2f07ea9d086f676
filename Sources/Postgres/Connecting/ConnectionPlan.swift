internal import CLibPQ

/// Where a connection may be made to, gathered by libpq from settings, service file, environment
/// and defaults.
struct ConnectionPlan: Sendable {
    /// In the order in which they are to be tried; names are not looked up yet.
    let endpoints: [PostgresSettings.Endpoint]
    /// For each address; `nil` for none.
    let timeout: Duration?
    /// `target_session_attrs`, for each time that all endpoints are tried; `nil` as it is set.
    let roles: [String?]

    /// To be called where files may be read.
    init(_ settings: PostgresSettings) throws(PostgresError) {
        for value in settings.keywords.values where value.utf8.contains(0) {
            throw PostgresError(.settings, "a setting holds a NUL")
        }
        guard let probe = ConnectionHandle(adopting: settings.probe()) else {
            throw PostgresError(.settings, "out of memory")
        }
        let complaint = probe.errorText
        guard complaint.contains(PostgresSettings.noRole) else {
            throw PostgresError(.settings, complaint.split(separator: "\n").joined(separator: " "))
        }
        guard let options = PQconninfo(probe.pointer) else {
            throw PostgresError(.settings, "out of memory")
        }
        defer { PQconninfoFree(options) }
        let values = PostgresSettings.values(options)
        endpoints = try Self.endpoints(
            values, default: PQhost(probe.pointer).map { String(cString: $0) } ?? "")
        timeout = try Self.timeout(values["connect_timeout"])
        let role = settings["target_session_attrs"]
        // A standby anywhere is better than a primary here: all are asked before.
        roles = role == "prefer-standby" && endpoints.count > 1 ? ["standby", "any"] : [role]
    }

    private static func endpoints(
        _ values: [String: String], default host: String
    ) throws(PostgresError) -> [PostgresSettings.Endpoint] {
        func list(_ keyword: String) -> [String] {
            guard let value = values[keyword], !value.isEmpty else { return [] }
            return value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let hosts = list("host")
        let addresses = list("hostaddr")
        let ports = list("port")
        return (0..<max(hosts.count, addresses.count, 1)).map { index in
            func at(_ list: [String]) -> String? {
                index < list.count && !list[index].isEmpty ? list[index] : nil
            }
            let address = at(addresses)
            return PostgresSettings.Endpoint(
                // libpq's own default: a directory for UNIX sockets.
                host: at(hosts) ?? (address == nil ? host : nil), address: address,
                port: (ports.count == 1 ? ports[0] : at(ports)).flatMap { $0.isEmpty ? nil : $0 }
                    ?? "5432")
        }
    }

    private static func timeout(_ text: String?) throws(PostgresError) -> Duration? {
        guard let text, !text.isEmpty else { return .seconds(10) }
        guard let seconds = Int32(text) else {
            throw PostgresError(.settings, "connect_timeout is no number of seconds")
        }
        return seconds > 0 ? .seconds(Int(seconds)) : nil
    }
}
