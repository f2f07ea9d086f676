public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `wait_for`: a port that answers, a page that is served, a file that appears or goes.
public struct WaitForResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var port: Int?
    public var host = "127.0.0.1"
    public var http: String?
    public var status = 200
    public var file: String?
    public var state = State.present
    public var timeout = Duration.seconds(60)
    public var interval = Duration.seconds(1)
    public var explain: String?

    public init() {}

    public static let undo = UndoAbility.none(
        """
        It changes nothing.
        """)
    public static let mayBeDelegated = true

    public var thing: HostThing? { nil }
    public var follows: [HostThing] { file.map { [.path($0)] } ?? [] }

    public func fingerprint(_ files: any PlaybookFiles) -> String { shown }

    private var shown: String {
        if let port { return "port \(port) of \(host)" }
        if let http { return "\(http) to answer \(status)" }
        return "\(file ?? "") to be \(state == .present ? "there" : "gone")"
    }

    private var condition: WaitCondition? {
        if let port { return .port(port, host: host) }
        if let http { return Self.parts(of: http).map { .http($0, status: status) } }
        return file.map { state == .present ? .path($0) : .absentPath($0) }
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        condition.map { [WaitForProbe($0)] } ?? []
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        guard let condition, try !context.answers.answer(WaitForProbe(condition)) else {
            return .unchanged
        }
        // To wait is to change nothing: a page that is late once does not make a converged host
        // one that was not.
        return ResourcePlan(action: action(for: condition))
    }

    /// What the operator would look at next.
    private var explanation: ShellScript {
        explain.map { "/bin/sh -c \($0) </dev/null >&2 || :" } ?? ":"
    }

    private func action(for condition: WaitCondition) -> Action {
        let seconds = Int(timeout.seconds.rounded(.up))
        let script: ShellScript = """
            look() (
            \(condition.test)
            )
            end=$(($(date +%s) + \(seconds)))
            until look >/dev/null 2>&1; do
              [ $? != 69 ] || { look; exit; }
              if [ "$(date +%s)" -ge $end ]; then
                printf 'waited %s s in vain for %s\\n' \(seconds) \(shown) >&2
                \(explanation)
                exit 1
              fi
              sleep \(raw: "\(interval.seconds)")
            done
            """
        return Action(
            script: script,
            options: ScriptOptions(lane: .slow, timeout: timeout + .seconds(30)))
    }

    /// Its parts, where it is `http://` or `https://` with a host.
    static func parts(of url: String) -> WaitCondition.URLParts? {
        let isPlain = url.hasPrefix("http://")
        guard isPlain || url.hasPrefix("https://"),
            !url.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F })
        else { return nil }
        let rest = url.dropFirst(isPlain ? 7 : 8)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
        var path = rest[authority.endIndex...].prefix { $0 != "#" }
        if path.first != "/" { path = "/" + path }
        var host = authority
        var port = isPlain ? 80 : 443
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            guard let number = Int(authority[authority.index(after: colon)...]),
                (1...65535).contains(number)
            else { return nil }
            host = authority[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        return .init(
            text: url, isPlain: isPlain, host: String(host), port: port, target: String(path))
    }
}

extension WaitForResource {
    public static let schema = Schema<WaitForResource>(
        "wait_for",
        summary: "Waits until a port answers, a page is served, or a file appears or goes.",
        details: """
            The host itself looks, with what it has: bash or nc for a port; curl, wget, or for \
            plain `http://` bash for a page. To wait is no change.
            """,
        fields: [
            .optional("port", \.port, .port, "A TCP port that must accept connections."),
            .optional(
                "host", \.host, .text.checked(hostProblem), default: "127.0.0.1",
                "Where the port is, as seen from the host."),
            .optional(
                "http", \.http,
                .text.checked { url in
                    parts(of: url) == nil ? "`\(url.visible)` is not an http(s) URL" : nil
                }, "A URL that must be served."),
            .optional(
                "status", \.status, .wholeNumber(in: 100...599), default: "200",
                "The status that it must be served with."),
            .optional("file", \.file, .absolutePath, "A path that must be there."),
            .optional(
                "state", \.state, .word(), default: "present",
                "`absent` waits until the file is gone."),
            .optional("timeout", \.timeout, .duration, default: "60 s", "Fails after this time."),
            .optional("interval", \.interval, .duration, default: "1 s", "Between two looks."),
            .optional(
                "explain", \.explain, .text,
                "A text of the shell that is run when it waited in vain; what it prints is shown."),
        ],
        example: """
            http: http://127.0.0.1:8080/health
            timeout: 2 min
            """,
        check: { wait, place in
            let count = [wait.port != nil, wait.http != nil, wait.file != nil].count { $0 }
            var wrong: [Diagnostic] = []
            if count != 1 {
                wrong.append(
                    Diagnostic(
                        .conflictingKeys, "it waits for one thing: `port`, `http` or `file`",
                        at: place))
            }
            if wait.state == .absent, wait.file == nil {
                wrong.append(
                    Diagnostic(.conflictingKeys, "`state: absent` goes with `file`", at: place))
            }
            return wrong
        })

    private static func hostProblem(_ host: String) -> String? {
        let isValid =
            !host.isEmpty && host.first != "-"
            && host.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
                    UInt8(ascii: "_"), UInt8(ascii: ":"):
                    true
                default: false
                }
            }
        return isValid ? nil : "`\(host.visible)` is not the name or address of a host"
    }
}
