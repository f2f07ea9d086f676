internal import Glibc

/// Who uses this program, and where.
public struct Operator: Hashable, Sendable {
    /// Who logged in, or as whom cron runs it; behind `sudo` still that one.
    public var user: String
    /// As whom it runs, where that is somebody else.
    public var effective: String?
    public var machine: String
    /// Where an SSH login on `machine` came from.
    public var client: String?

    public init(
        user: String, effective: String? = nil, machine: String, client: String? = nil
    ) {
        self.user = user
        self.effective = effective
        self.machine = machine
        self.client = client
    }

    public static let current: Operator = {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let account = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) }
        let effective = account ?? "uid \(geteuid())"
        let login = geteuid() == 0 ? variable("SUDO_USER") ?? effective : effective
        var name = [CChar](repeating: 0, count: 256)
        let isNamed = gethostname(&name, name.count - 1) == 0
        return Operator(
            user: login, effective: login == effective ? nil : effective,
            machine: isNamed
                ? String(
                    decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                : "localhost",
            client: variable("SSH_CONNECTION")?.split(separator: " ").first.map(String.init))
    }()

    /// `ops@laptop`
    public var address: String { "\(user)@\(machine)" }

    /// `ops (as root)`
    public var account: String { user + (effective.map { " (as \($0))" } ?? "") }
}
