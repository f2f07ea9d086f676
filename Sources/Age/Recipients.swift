import Loop

/// Whom a new file is for: holders of keys, or who knows one passphrase, never both. A
/// passphrase says who *wrote* a file, too, and that only holds while nobody else could have.
public enum Recipients: Sendable {
    /// Any one of them opens it; at least one.
    case keys([Recipient])
    case passphrase(Passphrase, workFactor: WorkFactor = .standard)

    func header(for key: FileKey) async throws -> Header {
        switch self {
        case .keys(let recipients):
            guard !recipients.isEmpty else { throw AgeError.noRecipients }
            var stanzas: [Stanza] = []
            for recipient in recipients {
                stanzas.append(try X25519Stanza(wrapping: key, for: recipient).stanza)
            }
            return Header(stanzas: stanzas, authenticatedBy: key)
        case .passphrase(let passphrase, let workFactor):
            let stanza = try await BlockingPool.shared.run { () throws(AgeError) in
                try ScryptStanza(wrapping: key, for: passphrase, workFactor)
            }
            return Header(stanzas: [stanza.stanza], authenticatedBy: key)
        }
    }
}
