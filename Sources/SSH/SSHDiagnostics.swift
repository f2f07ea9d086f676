public import Vocabulary

extension Diagnostic.Code {
    public static let sshUnreachable = Self(
        "FF0400", "a host cannot be reached", status: .unreachable,
        explanation: """
            The host's name could not be looked up, or nothing answered at its address: it is \
            off, its address is wrong, a firewall drops the packets, or the network between is \
            down. Try the same address with `nc -vz HOST PORT`.
            """)
    public static let sshRefused = Self(
        "FF0401", "a host refuses connections to its SSH port", status: .unreachable,
        explanation: """
            The host is there, but no sshd listens on that port. Check `Port` in the inventory \
            and in ~/.ssh/config, and `systemctl status ssh` on the host's console.
            """)
    public static let sshTimedOut = Self(
        "FF0402", "a host did not answer in time", status: .unreachable,
        explanation: """
            The message names the phase. No answer while connecting: packets are dropped. During \
            the handshake: something else than sshd listens there, or the host is overloaded. \
            During authentication: PAM or a directory service hangs.
            """)
    public static let sshNegotiation = Self(
        "FF0403", "no algorithms in common with a host", status: .unreachable,
        explanation: """
            libssh2 1.10 speaks curve25519-sha256, ecdh-sha2-nistp*, \
            diffie-hellman-group14/16/18; aes*-ctr; hmac-sha2-256/512; and checks ssh-ed25519 \
            and ecdsa host keys. It does not speak chacha20-poly1305, aes-gcm, encrypt-then-MAC \
            or RSA host keys. Allow one of each on the host, or use `transport: openssh`.
            """)
    public static let sshDisconnected = Self(
        "FF0404", "a host ended the connection", status: .unreachable,
        explanation: """
            The connection broke after it had been made: the host rebooted, sshd was killed or \
            reached a limit (MaxStartups, MaxSessions), or a firewall forgot the connection.
            """)
    public static let sshHostKeyUnknown = Self(
        "FF0410", "a host's key is not known", status: .unreachable,
        explanation: """
            No known_hosts file holds a key of this host, so nothing says that it is the host \
            it claims to be. Compare the fingerprint with the one that the host's console shows \
            (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), then add it, or let first \
            contact decide with `StrictHostKeyChecking accept-new`.
            """)
    public static let sshHostKeyChanged = Self(
        "FF0411", "a host's key differs from the one on file", status: .unreachable,
        explanation: """
            Either the host was installed anew, or another machine answers in its place. Nothing \
            was sent to it. When the change is explained, remove the old line with \
            `ssh-keygen -R HOST` and add the new key.
            """)
    public static let sshHostKeyRevoked = Self(
        "FF0412", "a host's key has been revoked", status: .unreachable,
        explanation: """
            A line marked @revoked in a known_hosts file names this very key: it must not be \
            trusted whatever else is on file. The host needs a new key.
            """)
    public static let sshKnownHosts = Self(
        "FF0413", "a known_hosts file cannot be used", status: .badInput,
        explanation: "The file could not be read, or a new key could not be appended to it.")
    public static let sshAuthentication = Self(
        "FF0420", "a host does not let the user in", status: .unreachable,
        explanation: """
            The host accepted none of the keys that were offered. Check the user's name, that \
            the public key stands in the user's authorized_keys, and that neither the home \
            directory nor ~/.ssh is writable by others. The host's log (`journalctl -u ssh`) \
            says more than a client is told.
            """)
    public static let sshIdentity = Self(
        "FF0421", "a private key cannot be used", status: .badInput,
        explanation: "The file could not be read, is no private key, or wants a passphrase.")
    public static let sshRSA = Self(
        "FF0422", "RSA keys need the openssh transport", status: .badInput,
        explanation: """
            libssh2 1.10 signs with SHA-1 when it uses an RSA key, which OpenSSH has refused \
            since 8.8. Make an ed25519 key (`ssh-keygen -t ed25519`), or set \
            `transport: openssh` for the host.
            """)
    public static let sshAgent = Self(
        "FF0423", "the SSH agent cannot be used", status: .badInput,
        explanation: "SSH_AUTH_SOCK or IdentityAgent names a socket on which no agent answers.")
    public static let sshUnsupported = Self(
        "FF0424", "only OpenSSH's own client can do this", status: .badInput,
        explanation: """
            Certificates, FIDO keys, ProxyCommand and conditional Match blocks are not part of \
            the built-in client. `transport: openssh` drives the system's `ssh` instead.
            """)
    public static let sshConfiguration = Self(
        "FF0425", "an ssh_config file cannot be understood", status: .badInput,
        explanation: "The file is read as ssh_config(5) describes; the message says what is off.")
    public static let sshChannel = Self(
        "FF0430", "a host refuses to run a program", status: .failed,
        explanation: """
            The connection stands, but the host would not open a channel or run a command on it: \
            MaxSessions, `ForceCommand`, a restricted key, or a shell that does not exist.
            """)
    public static let sshTransfer = Self(
        "FF0431", "a file could not be transferred", status: .failed,
        explanation: "The host's SFTP server refused a step; the message carries its reason.")
    public static let sshExitUnknown = Self(
        "FF0433", "a host does not say how a program ended", status: .failed,
        explanation: """
            The channel of a running program was closed, and neither an exit status nor a signal \
            came with it, so nothing says that it did its work; it may still be running. \
            `ChannelTimeout` in the host's sshd_config does that, and so do some servers that are \
            not OpenSSH.
            """)
    public static let sshClosed = Self(
        "FF0432", "a connection was used after it was closed", status: .software,
        explanation: "This is a bug in finflowctl.")
}

public enum SSHDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .sshUnreachable, .sshRefused, .sshTimedOut, .sshNegotiation, .sshDisconnected,
        .sshHostKeyUnknown, .sshHostKeyChanged, .sshHostKeyRevoked, .sshKnownHosts,
        .sshAuthentication, .sshIdentity, .sshRSA, .sshAgent, .sshUnsupported,
        .sshConfiguration, .sshChannel, .sshTransfer, .sshExitUnknown, .sshClosed,
    ]
}

extension SSHDiagnostics {
    static func describe(_ error: SSHError) -> Diagnostic {
        switch error {
        case .nameUnknown, .unreachable, .refused, .timedOut, .negotiationFailed, .disconnected:
            describeReach(error)
        case .hostKeyUnknown, .hostKeyChanged, .hostKeyRevoked, .hostKeyUnsupported,
            .knownHostsUnusable:
            describeHostKey(error)
        case .authenticationFailed, .identityUnusable, .passphraseNeeded, .passphraseWrong,
            .rsaUnsupported, .agentUnusable, .unsupported:
            describeAuthentication(error)
        case .channelRefused, .execRefused, .exitUnknown, .sessionFailed, .transferFailed, .closed:
            describeUse(error)
        }
    }

    private static func describeReach(_ error: SSHError) -> Diagnostic {
        switch error {
        case .nameUnknown(let host, let reason):
            Diagnostic(.sshUnreachable, "the name `\(host.visible)` has no address: \(reason)")
        case .unreachable(let address, let reason):
            Diagnostic(.sshUnreachable, "cannot reach \(address.visible): \(reason)")
        case .refused(let address):
            Diagnostic(
                .sshRefused, "\(address.visible) refuses the connection",
                help: "Check the port, and that sshd runs there.")
        case .timedOut(let phase, let address, let after):
            Diagnostic(
                .sshTimedOut,
                "\(address.visible) did not answer in \(after.brief) (\(phase.rawValue))")
        case .negotiationFailed(let address, let reason):
            Diagnostic(
                .sshNegotiation, "cannot agree with \(address.visible): \(reason.visible)",
                help: "Allow one of the algorithms that `explain FF0403` lists, or use "
                    + "`transport: openssh`.")
        case .disconnected(let address, let reason):
            Diagnostic(
                .sshDisconnected, "the connection to \(address.visible) broke: \(reason.visible)")
        default: describeUse(error)
        }
    }

    private static func describeHostKey(_ error: SSHError) -> Diagnostic {
        switch error {
        case .hostKeyUnknown(let key, let files):
            Diagnostic(
                .sshHostKeyUnknown,
                "the \(key.type) key of \(key.host.visible) is not known: \(key.fingerprint)",
                help: "Compare the fingerprint, then add the key to "
                    + "\(files.first?.visible ?? "a known_hosts file").")
        case .hostKeyChanged(let key, let known):
            Diagnostic(
                .sshHostKeyChanged,
                "\(key.host.visible) shows another \(key.type) key than the one on file: "
                    + key.fingerprint,
                at: known, hint: "the key on file",
                help: "If the change is explained, remove this line and add the new key.")
        case .hostKeyRevoked(let key, let place):
            Diagnostic(
                .sshHostKeyRevoked,
                "\(key.host.visible) shows a revoked \(key.type) key: \(key.fingerprint)",
                at: place, hint: "revoked here")
        case .hostKeyUnsupported(let host, let types, let place):
            Diagnostic(
                .sshRSA,
                "\(host.visible) is known only by \(types.joined(separator: ", ").visible)",
                at: place,
                help: "Add its ed25519 key (`ssh-keyscan -t ed25519 \(host.visible)`), or use "
                    + "`transport: openssh`.")
        case .knownHostsUnusable(let file, let reason):
            Diagnostic(.sshKnownHosts, "cannot use \(file.visible): \(reason)")
        default: describeUse(error)
        }
    }

    private static func describeAuthentication(_ error: SSHError) -> Diagnostic {
        switch error {
        case .authenticationFailed(let user, let address, let tried):
            Diagnostic(
                .sshAuthentication, "\(address.visible) does not let `\(user.visible)` in",
                hint: tried.isEmpty
                    ? "there was no key to offer"
                    : "offered: \(tried.joined(separator: ", ").visible)")
        case .identityUnusable(let path, let reason):
            Diagnostic(.sshIdentity, "cannot use the key \(path.visible): \(reason)")
        case .passphraseNeeded(let path):
            Diagnostic(
                .sshIdentity, "the key \(path.visible) is encrypted and no passphrase was given",
                help: "Load it into an agent: ssh-add \(path.visible)")
        case .passphraseWrong(let path):
            Diagnostic(.sshIdentity, "the passphrase does not open the key \(path.visible)")
        case .rsaUnsupported(let path):
            Diagnostic(
                .sshRSA, "\(path.visible) is an RSA key, with which libssh2 cannot sign",
                help: "Use an ed25519 key, or `transport: openssh`.")
        case .agentUnusable(let socket, let reason):
            Diagnostic(.sshAgent, "no SSH agent at \(socket.visible): \(reason)")
        case .unsupported(let what):
            Diagnostic(
                .sshUnsupported, "\(what.visible) is more than the built-in client can do",
                help: "Use `transport: openssh` for this host.")
        default: describeUse(error)
        }
    }

    private static func describeUse(_ error: SSHError) -> Diagnostic {
        switch error {
        case .channelRefused(let address, let reason):
            Diagnostic(
                .sshChannel, "\(address.visible) opens no channel: \(reason.visible)")
        case .execRefused(let address):
            Diagnostic(.sshChannel, "\(address.visible) refuses to run commands")
        case .exitUnknown(let address):
            Diagnostic(
                .sshExitUnknown,
                "\(address.visible) closed a program's channel without saying how it ended",
                help: "Look for `ChannelTimeout` in its sshd_config.")
        case .sessionFailed(let address, let reason):
            Diagnostic(
                .sshChannel, "a request to \(address.visible) failed: \(reason.visible)")
        case .transferFailed(let path, let reason):
            Diagnostic(.sshTransfer, "cannot transfer \(path.visible): \(reason.visible)")
        default: Diagnostic(.sshClosed, "the connection has been closed")
        }
    }
}
