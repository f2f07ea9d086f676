internal import Glibc
internal import Loop

/// What libpq says when there is no session. It gives no result with fields for that, only a
/// text; in its verbose form the text holds the SQLSTATE: `FATAL:  28P01: password …`.
struct ConnectMessage {
    let text: String

    func error(server: String) -> PostgresError {
        let state = sqlState
        return PostgresError(
            .connection(failure(state)), reason, server: server, state: state)
    }

    /// The last one: with `sslmode=prefer` libpq may have tried twice.
    private var sqlState: SQLState? {
        lines.reversed().lazy.compactMap { Self.split($0)?.state }.first
    }

    /// One line, without the place, which the error names by itself.
    private var reason: String {
        let said = lines.last { Self.split($0) != nil }
        if let said, let split = Self.split(said) { return split.message }
        let line = lines.first { $0.hasPrefix("connection to server") } ?? lines.first
        guard let line else { return "no reason given" }
        guard let mark = line.firstRange(of: " failed: "),
            line.hasPrefix("connection to server")
        else { return String(line) }
        return String(line[mark.upperBound...])
    }

    /// libpq continues a message on lines that begin with a tab, and adds `LOCATION:` ones.
    private var lines: [Substring] {
        text.split(separator: "\n").filter { !$0.hasPrefix("\t") && !$0.hasPrefix("LOCATION:") }
    }

    /// `…:  28P01: message`: the severity may be translated, the two spaces are not.
    private static func split(_ line: Substring) -> (state: SQLState, message: String)? {
        var rest = line
        while let mark = rest.firstRange(of: ":  ") {
            rest = rest[mark.upperBound...]
            let code = rest.prefix(5)
            let isCode =
                code.utf8.count == 5
                && code.utf8.allSatisfy {
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                        || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                }
            if isCode, rest.dropFirst(5).hasPrefix(": ") {
                return (SQLState(rawValue: String(code)), String(rest.dropFirst(7)))
            }
        }
        return nil
    }

    private func failure(_ state: SQLState?) -> PostgresError.ConnectionFailure {
        if let state {
            switch state {
            case .unknownDatabase: return .unknownDatabase
            case .tooManyConnections: return .tooManyConnections
            case .cannotConnectNow: return .startingUp
            default: return state.conditionClass == "28" ? .authentication : .rejected
            }
        }
        // libpq's own words, of which it has no codes. The process never calls setlocale(3), so
        // that they and the system's are English.
        func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
        func system(_ numbers: Int32...) -> Bool {
            numbers.contains { text.contains(SystemError($0, in: "connect").reason) }
        }
        if says("SSL", "certificate", "private key file") { return .tls }
        if says("no password supplied", "authentication", "SCRAM", "password") {
            return .authentication
        }
        if says("session is", "server is in hot standby", "server is not in hot standby") {
            return .wrongRole
        }
        if system(ECONNREFUSED, ENOENT) { return .refused }
        if system(ETIMEDOUT) { return .timeout }
        if system(ECONNRESET, EPIPE) || says("server closed the connection") { return .lost }
        if says("could not translate host name", "could not parse network address") {
            return .unknownHost
        }
        return .unreachable
    }
}
