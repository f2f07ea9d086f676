internal import Crypto
internal import Loop
internal import Vocabulary

/// What the known_hosts files say of one host, and the verdict on the key that it shows.
struct HostTrust: Sendable {
    /// What libssh2 1.10 can check and OpenSSH still offers, best first.
    static let supportedTypes = [
        "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    ]

    /// The types to ask the host for: those on file, so that a host which has keys of several
    /// types shows the one that can be compared.
    let keyTypes: [String]
    private let name: String
    private let files: [String]
    private let policy: HostKeyPolicy
    private let entries: [KnownHosts.Entry]

    /// Reads the files: on a thread that may wait.
    init(of target: SSHTarget) throws(SSHError) {
        name = target.hostKeyAlias ?? KnownHosts.name(of: target.host, port: target.port)
        files = target.knownHosts
        policy = target.hostKeyPolicy
        entries = try Self.read(files).entries(for: name)
        let known = entries.filter { $0.marker == nil }
        let wanted =
            target.algorithms.hostKeys.isEmpty ? Self.supportedTypes : target.algorithms.hostKeys
        keyTypes = wanted.filter { type in
            Self.supportedTypes.contains(type)
                && (known.isEmpty || known.contains { $0.type == type })
        }
        guard keyTypes.isEmpty else { return }
        guard let first = known.first else {
            throw .unsupported(what: "a host key of type \(wanted.joined(separator: ", "))")
        }
        throw .hostKeyUnsupported(
            host: name, types: Set(known.map(\.type)).sorted(), known: first.place)
    }

    /// - Throws: unless the key is on file, or may be put there.
    func check(_ key: [UInt8]) async throws(SSHError) {
        let shown = SSHError.HostKey(
            host: name, type: WireReader.keyType(of: key) ?? "unknown",
            fingerprint: Self.fingerprint(of: key))
        if try Self.isKnown(shown, key, among: entries) { return }
        if entries.contains(where: { $0.marker == .certificateAuthority }) {
            throw .unsupported(what: "the certificate of \(name) (@cert-authority)")
        }
        guard policy == .acceptNew, let file = files.first else {
            throw .hostKeyUnknown(shown, files: files)
        }
        let (name, files) = (name, files)
        try await BlockingPool.shared.run { () throws(SSHError) in
            try KnownHostsFile.withLock(file) { appendLine throws(SSHError) in
                // Somebody else may have been faster, and may have met another key.
                let now = try Self.read(files).entries(for: name)
                if try Self.isKnown(shown, key, among: now) { return }
                try appendLine("\(name) \(shown.type) \(Base64.encode(key))")
            }
        }
    }

    private static func isKnown(
        _ shown: SSHError.HostKey, _ key: [UInt8], among entries: [KnownHosts.Entry]
    ) throws(SSHError) -> Bool {
        if let revoked = entries.first(where: { $0.marker == .revoked && $0.key == key }) {
            throw .hostKeyRevoked(shown, by: revoked.place)
        }
        let known = entries.filter { $0.marker == nil }
        if known.contains(where: { $0.key == key }) { return true }
        let sameType = known.first { $0.type == shown.type }
        if let other = sameType ?? known.first {
            throw .hostKeyChanged(shown, known: other.place)
        }
        return false
    }

    private static func read(_ files: [String]) throws(SSHError) -> KnownHosts {
        var known = KnownHosts()
        for file in files {
            if let text = try KnownHostsFile.read(file) { known.read(text, file: file) }
        }
        return known
    }

    /// As `ssh-keygen -l` prints it.
    static func fingerprint(of key: [UInt8]) -> String {
        "SHA256:" + Base64.encode(SHA256.hash(data: key), padded: false)
    }
}
