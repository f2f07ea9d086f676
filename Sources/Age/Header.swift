import Vocabulary

/// The textual head of an age file: the file key for each recipient, and a MAC under it.
///
/// Source: https://age-encryption.org/v1, «Header».
struct Header: Hashable, Sendable {
    static let versionPrefix = "age-encryption.org/"
    static let version = versionPrefix + "v1"
    static let macSize = 32

    let stanzas: [Stanza]
    let mac: [UInt8]

    init(stanzas: [Stanza], mac: [UInt8]) {
        self.stanzas = stanzas
        self.mac = mac
    }

    init(stanzas: [Stanza], authenticatedBy key: FileKey) {
        self.stanzas = stanzas
        mac = key.authenticationCode(of: Self.covered(stanzas))
    }

    /// Exactly the bytes that it was read from: there is but one encoding.
    var encoded: [UInt8] {
        Self.covered(stanzas) + Array(" \(Base64.encode(mac, padded: false))\n".utf8)
    }

    func isAuthentic(under key: FileKey) -> Bool {
        key.authenticates(mac, of: Self.covered(stanzas))
    }

    /// What the MAC is taken over: all up to and with the mark in front of it.
    private static func covered(_ stanzas: [Stanza]) -> [UInt8] {
        Array("\(version)\n".utf8) + stanzas.flatMap(\.encoded) + Array("---".utf8)
    }
}
