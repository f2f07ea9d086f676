public import Vocabulary

/// A text in which each credential is a marker with its name and version: what may be kept of a
/// secret content, and made into the content again with the credentials of then.
///
/// ```
/// url = postgres://payments:⟦secret:payments_db_password@3⟧@db-1/payments
/// ```
///
/// A `⟦` of the text itself is written `⟦⟧`, so that no text can fake a marker.
public struct ReferencedText: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        case text(String)
        case credential(CredentialVersion)
    }

    let pieces: [Piece]

    init(pieces: [Piece]) {
        self.pieces = pieces
    }

    /// - Returns: `nil` where a `⟦` begins no marker.
    public init?(_ referenced: String) {
        var pieces: [Piece] = []
        var text = ""
        var rest = Substring(referenced).unicodeScalars
        while let open = rest.firstIndex(of: Self.open) {
            text.unicodeScalars.append(contentsOf: rest[..<open])
            rest = rest[rest.index(after: open)...]
            guard let close = rest.firstIndex(of: Self.close) else { return nil }
            let inside = String(String.UnicodeScalarView(rest[..<close]))
            rest = rest[rest.index(after: close)...]
            if inside.isEmpty {
                text.unicodeScalars.append(Self.open)
                continue
            }
            guard let credential = CredentialVersion(marker: inside) else { return nil }
            if !text.isEmpty { pieces.append(.text(text)) }
            pieces.append(.credential(credential))
            text = ""
        }
        text.unicodeScalars.append(contentsOf: rest)
        if !text.isEmpty { pieces.append(.text(text)) }
        self.pieces = pieces
    }

    /// A text without any credential.
    public init(plain text: String) {
        pieces = text.isEmpty ? [] : [.text(text)]
    }

    private static let open: Unicode.Scalar = "⟦"
    private static let close: Unicode.Scalar = "⟧"

    /// As it is kept.
    public var text: String {
        pieces.map { piece in
            switch piece {
            case .text(let text): text.replacing("⟦", with: "⟦⟧")
            case .credential(let credential): "⟦secret:\(credential)⟧"
            }
        }.joined()
    }

    /// The credentials in it, each once, sorted.
    public var credentials: [CredentialVersion] {
        let all = pieces.compactMap { piece in
            if case .credential(let credential) = piece { credential } else { nil }
        }
        return Set(all).sorted()
    }

    /// The text with the *present* value of each credential, whichever version it names:
    /// nothing old comes back to life.
    ///
    /// - Throws: ``MissingCredential`` for the first that there is not any more.
    public func resolved(
        with credentials: Credentials
    ) throws(MissingCredential) -> Sensitive<String> {
        try resolved { credentials[$0.name]?.value }
    }

    func resolved(
        _ value: (CredentialVersion) -> Sensitive<String>?
    ) throws(MissingCredential) -> Sensitive<String> {
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .credential(let credential):
                guard let value = value(credential) else {
                    throw MissingCredential(credential)
                }
                value.withExposed { result += $0 }
            }
        }
        return Sensitive(result)
    }
}

/// A text names a credential that `secrets.age` does not hold.
public struct MissingCredential: Error, Hashable, Sendable {
    public let credential: CredentialVersion

    public init(_ credential: CredentialVersion) {
        self.credential = credential
    }
}

extension CredentialVersion {
    /// - Parameter text: `secret:payments_db_password@3`
    fileprivate init?(marker text: String) {
        let prefix = "secret:"
        let parts = text.dropFirst(prefix.count).split(
            separator: "@", omittingEmptySubsequences: false)
        guard text.hasPrefix(prefix), parts.count == 2, Credential.isName(String(parts[0])),
            let version = Int(parts[1]), version > 0, String(version) == parts[1]
        else { return nil }
        self.init(String(parts[0]), version)
    }
}
