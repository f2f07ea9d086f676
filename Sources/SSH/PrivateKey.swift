internal import Loop
internal import Vocabulary

/// A key that is offered to a host.
struct PrivateKey: Sendable {
    let identity: SSHIdentity
    /// `ssh-ed25519`; `nil` for old PEM files, which do not say it outside of their secret.
    let type: String?
    /// The public half, where the file shows it.
    let publicBlob: [UInt8]?
    /// The private half; `nil` when the file holds a public key, whose other half is with an
    /// agent.
    let file: Sensitive<[UInt8]>?
    let isEncrypted: Bool

    /// Reads all that are there, on the blocking pool.
    static func load(_ identities: [SSHIdentity]) async throws -> [PrivateKey] {
        try await BlockingPool.shared.run { () throws(SSHError) in
            var keys: [PrivateKey] = []
            for identity in identities {
                if let key = try load(identity) { keys.append(key) }
            }
            return keys
        }
    }

    private static func load(_ identity: SSHIdentity) throws(SSHError) -> PrivateKey? {
        let bytes: [UInt8]
        do {
            bytes = try FileBytes.read(identity.path)
        } catch {
            if identity.isOptional { return nil }
            throw .identityUnusable(path: identity.path, reason: error.reason)
        }
        guard let key = PrivateKey(identity, bytes) else {
            throw .identityUnusable(path: identity.path, reason: "it is not a private key")
        }
        return key
    }

    private init?(_ identity: SSHIdentity, _ bytes: [UInt8]) {
        self.identity = identity
        let text = String(decoding: bytes, as: UTF8.self)
        let lines = text.split { $0.isNewline }
        guard let first = lines.first else { return nil }
        let body = lines.dropFirst().prefix { !$0.hasPrefix("-----") }
        switch first {
        case "-----BEGIN OPENSSH PRIVATE KEY-----":
            guard let parts = Self.parse(body.joined()) else { return nil }
            (publicBlob, isEncrypted) = parts
            type = WireReader.keyType(of: parts.publicBlob)
            file = Sensitive(bytes)
        case "-----BEGIN RSA PRIVATE KEY-----":
            (type, publicBlob, isEncrypted) = ("ssh-rsa", nil, false)
            file = Sensitive(bytes)
        case "-----BEGIN EC PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----":
            (type, publicBlob) = (nil, nil)
            isEncrypted = text.contains("ENCRYPTED")
            file = Sensitive(bytes)
        default:
            let fields = first.split(separator: " ")
            guard fields.count >= 2, let blob = Base64.decode(fields[1].utf8, padding: .optional),
                WireReader.keyType(of: blob) == String(fields[0])
            else { return nil }
            (type, publicBlob, isEncrypted) = (String(fields[0]), blob, false)
            file = nil
        }
    }

    /// PROTOCOL.key of OpenSSH: magic, cipher, kdf, its options, the number of keys, the public
    /// key, and then what is secret.
    private static func parse(_ body: String) -> (publicBlob: [UInt8], isEncrypted: Bool)? {
        let magic = Array("openssh-key-v1\0".utf8)
        guard let bytes = Base64.decode(body.utf8, padding: .optional), bytes.starts(with: magic)
        else { return nil }
        var reader = WireReader(bytes.dropFirst(magic.count))
        guard let cipher = reader.text(), reader.string() != nil, reader.string() != nil,
            reader.number() == 1, let blob = reader.string()
        else { return nil }
        return (blob, cipher != "none")
    }
}

extension PrivateKey {
    enum Suitability {
        case suitable, rsa
        case unsupported(String)
    }

    /// Whether libssh2 1.10 and a present OpenSSH can use such a key together.
    static func suitability(of type: String?) -> Suitability {
        guard let type else { return .suitable }
        if HostTrust.supportedTypes.contains(type) { return .suitable }
        if type == "ssh-rsa" { return .rsa }
        if type.hasSuffix("-cert-v01@openssh.com") { return .unsupported("the certificate") }
        if type.hasPrefix("sk-") { return .unsupported("the FIDO key") }
        return .unsupported("the \(type) key")
    }
}
