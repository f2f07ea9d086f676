internal import Vocabulary

/// What ssh_config files say about one host: of most settings the first value wins.
struct SSHSettings: Sendable {
    enum Keyword: String, Sendable {
        case hostName = "hostname"
        case user
        case port
        case identityFile = "identityfile"
        case identitiesOnly = "identitiesonly"
        case identityAgent = "identityagent"
        case certificateFile = "certificatefile"
        case proxyJump = "proxyjump"
        case proxyCommand = "proxycommand"
        case hostKeyAlias = "hostkeyalias"
        case userKnownHostsFile = "userknownhostsfile"
        case globalKnownHostsFile = "globalknownhostsfile"
        case strictHostKeyChecking = "stricthostkeychecking"
        case connectTimeout = "connecttimeout"
        case serverAliveInterval = "serveraliveinterval"
        case keyExchange = "kexalgorithms"
        case hostKeys = "hostkeyalgorithms"
        case ciphers
        case macs
    }

    private var lines: [Keyword: SSHConfigLine] = [:]
    /// All of them, in order: keys add up.
    private(set) var identityFiles: [String] = []
    /// `ProxyJump` or `ProxyCommand`, whichever came first.
    private(set) var proxy: (keyword: Keyword, line: SSHConfigLine)?

    mutating func add(_ keyword: Keyword, _ line: SSHConfigLine) {
        switch keyword {
        case .identityFile: identityFiles.append(line.arguments[0].text)
        case .proxyJump, .proxyCommand: proxy = proxy ?? (keyword, line)
        default: lines[keyword] = lines[keyword] ?? line
        }
    }

    /// The first argument.
    func text(_ keyword: Keyword) -> String? { lines[keyword]?.arguments.first?.text }

    func texts(_ keyword: Keyword) -> [String]? { lines[keyword]?.arguments.map(\.text) }

    func place(_ keyword: Keyword) -> SourcePlace? { lines[keyword]?.place }

    func isYes(_ keyword: Keyword) -> Bool {
        text(keyword).map { ["yes", "true"].contains($0.lowercased()) } ?? false
    }

    func port() -> UInt16? { text(.port).flatMap { UInt16($0) } }

    /// `nil` when it is not set; zero for none.
    func duration(_ keyword: Keyword) -> Duration? {
        text(keyword).flatMap(Self.duration)
    }

    /// A list of algorithms. Those that begin with `+`, `-` or `^` amend OpenSSH's own defaults,
    /// which are not libssh2's: they say nothing here.
    func algorithms(_ keyword: Keyword) -> [String] {
        guard let text = text(keyword), let first = text.first, !"+-^".contains(first) else {
            return []
        }
        return text.split(separator: ",").map(String.init)
    }

    /// Seconds, or numbers with units: `90`, `1m30s`.
    fileprivate static func duration(_ text: String) -> Duration? {
        if text.lowercased() == "none" { return .zero }
        let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        var total = 0
        var digits = ""
        for letter in text.lowercased() {
            if letter.isASCII, letter.isNumber {
                digits.append(letter)
            } else {
                guard let number = Int32(digits), let unit = units[String(letter)] else {
                    return nil
                }
                total += Int(number) * unit
                digits = ""
            }
        }
        if !digits.isEmpty {
            guard let number = Int32(digits) else { return nil }
            total += Int(number)
        }
        return text.isEmpty ? nil : .seconds(total)
    }
}

extension SSHSettings.Keyword {
    /// Whether the value can be one: wrong ones are reported wherever they stand, as they would
    /// be a surprise on the day when their host is used.
    func check(_ line: SSHConfigLine) throws(Diagnostic) {
        let value = line.arguments[0]
        let isGood: Bool
        let wanted: String
        switch self {
        case .port:
            isGood = UInt16(value.text).map { $0 > 0 } ?? false
            wanted = "a number from 1 to 65535"
        case .connectTimeout, .serverAliveInterval:
            isGood = SSHSettings.duration(value.text) != nil
            wanted = "a time: `30`, `1m30s`"
        case .strictHostKeyChecking:
            isGood = ["yes", "ask", "accept-new", "no", "off", "true", "false"].contains(
                value.text.lowercased())
            wanted = "`yes`, `ask`, `accept-new` or `no`"
        case .identitiesOnly:
            isGood = ["yes", "no", "true", "false"].contains(value.text.lowercased())
            wanted = "`yes` or `no`"
        default: return
        }
        guard !isGood else { return }
        throw Diagnostic(
            .sshConfiguration,
            "`\(line.keyword.text)` cannot be `\(value.text.visible)`", at: value.place,
            hint: "wants \(wanted)")
    }
}
