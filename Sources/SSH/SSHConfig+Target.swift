public import Vocabulary

extension SSHConfig {
    /// How the files say to connect to a host.
    ///
    /// - Parameters:
    ///   - alias: The name an operator uses; patterns match it.
    ///   - user: Instead of the files' user.
    ///   - port: Instead of the files' port.
    ///   - passphrase: Asked with the path of a key that is encrypted.
    /// - Throws: `Diagnostic` for what only OpenSSH's own client can do.
    public func target(
        for alias: String, user: String? = nil, port: UInt16? = nil,
        passphrase: (@Sendable (String) async throws -> Sensitive<String>?)? = nil
    ) throws(Diagnostic) -> SSHTarget {
        try Resolution(config: self, passphrase: passphrase)
            .target(alias, user: user, port: port, jump: nil, depth: 0)
    }
}

private struct Resolution {
    let config: SSHConfig
    let passphrase: (@Sendable (String) async throws -> Sensitive<String>?)?

    /// - Parameter jump: Instead of the one in the files: the hops before this one in a list.
    func target(
        _ alias: String, user: String?, port: UInt16?, jump: SSHTarget?, depth: Int
    ) throws(Diagnostic) -> SSHTarget {
        let settings = try config.settings(for: alias)
        let surroundings = config.surroundings
        let host = Tokens(["h": alias, "n": alias]).expand(settings.text(.hostName) ?? alias)
        let port = port ?? settings.port() ?? 22
        let user = user ?? settings.text(.user) ?? surroundings.user
        let tokens = Tokens([
            "h": host, "n": alias, "p": String(port), "r": user, "u": surroundings.user,
            "d": surroundings.home,
        ])
        func path(_ text: String) -> String { tokens.expand(surroundings.expandHome(text)) }

        if let place = settings.place(.certificateFile) {
            throw unsupported("a user certificate", at: place, alias)
        }
        var target = SSHTarget(
            host: host, port: port, user: user, knownHosts: knownHosts(settings, path),
            hostKeyPolicy: policy(settings))
        target.hostKeyAlias = settings.text(.hostKeyAlias)
        target.identities = identities(settings, path)
        target.identitiesOnly = settings.isYes(.identitiesOnly)
        target.agent = agent(settings, path)
        target.algorithms = SSHAlgorithms(
            keyExchange: settings.algorithms(.keyExchange),
            hostKeys: settings.algorithms(.hostKeys), ciphers: settings.algorithms(.ciphers),
            macs: settings.algorithms(.macs))
        if let limit = settings.duration(.connectTimeout), limit > .zero {
            target.timeouts.connect = limit
        }
        if let interval = settings.duration(.serverAliveInterval) {
            target.keepAlive = interval > .zero ? interval : nil
        }
        target.jump = jump
        if jump == nil { target.jump = try self.jump(settings, alias, depth: depth) }
        return target
    }

    private func knownHosts(_ settings: SSHSettings, _ path: (String) -> String) -> [String] {
        let users =
            settings.texts(.userKnownHostsFile) ?? ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]
        let global =
            settings.texts(.globalKnownHostsFile)
            ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
        return (users + global).filter { $0.lowercased() != "none" }.map(path)
    }

    /// `no` becomes `accept-new`: a *changed* key is never accepted.
    private func policy(_ settings: SSHSettings) -> HostKeyPolicy {
        switch settings.text(.strictHostKeyChecking)?.lowercased() {
        case "accept-new", "no", "off", "false": .acceptNew
        default: .strict
        }
    }

    private func identities(
        _ settings: SSHSettings, _ path: (String) -> String
    ) -> [SSHIdentity] {
        let named = settings.identityFiles.filter { $0.lowercased() != "none" }
        let files =
            settings.identityFiles.isEmpty
            ? ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"] : named
        return files.map { identity(path($0)) }
    }

    /// Those in the files need not exist, as for OpenSSH.
    private func identity(_ path: String) -> SSHIdentity {
        guard let passphrase else { return SSHIdentity(path, isOptional: true) }
        return SSHIdentity(path, isOptional: true) { try await passphrase(path) }
    }

    private func agent(_ settings: SSHSettings, _ path: (String) -> String) -> String? {
        switch settings.text(.identityAgent) {
        case nil, "SSH_AUTH_SOCK"?: config.surroundings.agent
        case "none"?: nil
        case let text?: path(text)
        }
    }

    // MARK: Jumps

    private func jump(
        _ settings: SSHSettings, _ alias: String, depth: Int
    ) throws(Diagnostic) -> SSHTarget? {
        guard let (keyword, line) = settings.proxy else { return nil }
        let value = line.arguments[0].text
        guard value.lowercased() != "none" else { return nil }
        guard keyword == .proxyJump else {
            throw unsupported("ProxyCommand", at: line.place, alias)
        }
        guard depth < 16 else {
            throw Diagnostic(
                .sshConfiguration, "hosts are reached through each other without end",
                at: line.place)
        }
        var through: SSHTarget?
        for text in value.split(separator: ",") {
            guard let hop = Hop(text) else {
                throw Diagnostic(
                    .sshConfiguration, "`\(String(text).visible)` is no host to jump through",
                    at: line.arguments[0].place, hint: "wants [user@]host[:port]")
            }
            through = try target(
                hop.host, user: hop.user, port: hop.port, jump: through, depth: depth + 1)
        }
        return through
    }

    private func unsupported(
        _ what: String, at place: SourcePlace, _ alias: String
    ) -> Diagnostic {
        Diagnostic(
            .sshUnsupported, "\(what) is more than the built-in client can do", at: place,
            help: "Use `transport: openssh` for `\(alias.visible)`.")
    }
}

/// `[user@]host[:port]` or `ssh://[user@]host[:port]`, with brackets around an IPv6 address.
private struct Hop {
    var user: String?
    var host: String
    var port: UInt16?

    init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        if rest.hasPrefix("ssh://") { rest = rest.dropFirst(6) }
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            rest = rest[end...]
        }
        if rest.first == ":" {
            guard let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
            port = number
        } else if !rest.isEmpty {
            return nil
        }
        guard !host.isEmpty, user?.isEmpty != true else { return nil }
    }
}

/// Replaces `%h` and the like; `%%` is a percent sign, and what is not known stays as it is.
private struct Tokens {
    private let values: [Character: String]

    init(_ values: [Character: String]) {
        self.values = values
    }

    func expand(_ text: String) -> String {
        var result = ""
        var isToken = false
        for letter in text {
            if isToken {
                result += letter == "%" ? "%" : values[letter] ?? "%\(letter)"
                isToken = false
            } else if letter == "%" {
                isToken = true
            } else {
                result.append(letter)
            }
        }
        return isToken ? result + "%" : result
    }
}
