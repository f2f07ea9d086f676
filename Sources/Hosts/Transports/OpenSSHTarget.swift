internal import Vocabulary

/// What the system's `ssh` is told; everything else is in its configuration.
public struct OpenSSHTarget: Hashable, Sendable {
    public var host: String
    public var user: String?
    public var port: Int?
    public var identity: String?
    public var jump: String?
    /// Instead of `~/.ssh/config` and the system's.
    public var configurationFile: String?
    /// Settings as after `-o`: `StrictHostKeyChecking=accept-new`.
    public var settings: [String]
    public var connectTimeout: Duration

    public init(
        host: String, user: String? = nil, port: Int? = nil, identity: String? = nil,
        jump: String? = nil, configurationFile: String? = nil, settings: [String] = [],
        connectTimeout: Duration = .seconds(10)
    ) {
        self.host = host
        self.user = user
        self.port = port
        self.identity = identity
        self.jump = jump
        self.configurationFile = configurationFile
        self.settings = settings
        self.connectTimeout = connectTimeout
    }

    /// Options that say whom to reach, and how.
    private var options: [String] {
        var words: [String] = []
        if let configurationFile { words += ["-F", configurationFile] }
        if let user { words += ["-l", user] }
        if let port { words += ["-p", String(port)] }
        if let identity { words += ["-i", identity, "-o", "IdentitiesOnly=yes"] }
        if let jump { words += ["-J", jump] }
        return words + settings.flatMap { ["-o", $0] }
    }

    /// The process that holds the connection. The first value of a setting wins in ssh, so the
    /// operator's come first where they may differ.
    ///
    /// It says `connected` when others can share the connection, which it cannot do earlier:
    /// the local command runs after the control socket listens.
    func masterWords(socket: String) -> [String] {
        options + [
            "-o", "ConnectTimeout=\(max(1, Int(connectTimeout.seconds.rounded(.up))))",
            "-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3",
            "-M", "-N", "-T", "-a", "-x", "-S", socket,
            "-o", "ControlPersist=no", "-o", "BatchMode=yes", "-o", "ClearAllForwardings=yes",
            "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=echo \(Self.announcement)",
            "--", host,
        ]
    }

    static let announcement = "connected"

    /// A program over the master's connection, and never over one of its own: when the master
    /// is gone, ssh would connect anew.
    func sessionWords(socket: String, _ command: String) -> [String] {
        options + [
            "-T", "-a", "-x", "-S", socket, "-o", "ControlMaster=no", "-o", "BatchMode=yes",
            "-o", "ClearAllForwardings=yes", "-o", "ProxyJump=none", "-o", "ProxyCommand=false",
            "--", host, command,
        ]
    }
}
