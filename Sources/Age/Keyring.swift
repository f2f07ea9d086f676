import Loop

/// What somebody has to open files with.
public struct Keyring: Sendable {
    private let identities: [Identity]
    private let passphrase: (@Sendable () async throws -> Passphrase?)?
    private let limit: WorkFactor

    /// - Parameters:
    ///   - identities: tried one after the other.
    ///   - maximumWorkFactor: what a file may make a passphrase cost at most.
    ///   - passphrase: asked only for a file that a passphrase opens; `nil` for «I have none».
    public init(
        identities: [Identity] = [], maximumWorkFactor: WorkFactor = .standardLimit,
        passphrase: (@Sendable () async throws -> Passphrase?)? = nil
    ) {
        self.identities = identities
        self.passphrase = passphrase
        limit = maximumWorkFactor
    }

    /// - Throws: ``AgeError``, or what asking for the passphrase throws.
    func fileKey(of header: Header) async throws -> FileKey {
        let key = try await unwrap(header)
        guard header.isAuthentic(under: key) else { throw AgeError.headerForged }
        return key
    }

    private func unwrap(_ header: Header) async throws -> FileKey {
        if header.stanzas.contains(where: { $0.type == ScryptStanza.type }) {
            return try await unwrapPassphrase(header)
        }
        // All of them first: a file with a malformed recipient is refused whoever opens it.
        var stanzas: [X25519Stanza] = []
        for stanza in header.stanzas where stanza.type == X25519Stanza.type {
            stanzas.append(try X25519Stanza(stanza))
        }
        for stanza in stanzas {
            for identity in identities {
                if let key = try stanza.fileKey(for: identity) { return key }
            }
        }
        throw AgeError.noMatch(recipients: header.stanzas.map(\.type), tried: identities.count)
    }

    private func unwrapPassphrase(_ header: Header) async throws -> FileKey {
        guard header.stanzas.count == 1 else {
            throw AgeError.headerMalformed("a passphrase stands beside other recipients")
        }
        let stanza = try ScryptStanza(header.stanzas[0], limit: limit)
        guard let passphrase = try await self.passphrase?() else {
            throw AgeError.passphraseNeeded
        }
        let key = try await BlockingPool.shared.run { () throws(AgeError) in
            try stanza.fileKey(for: passphrase)
        }
        guard let key else { throw AgeError.passphraseWrong }
        return key
    }
}
