public import Vocabulary

/// What stands for a credential while a template is filled in a second time, to learn where in
/// the text its value went.
///
/// A token cannot be guessed, so no text of an operator is taken for one. It has letters of both
/// cases, line breaks and spaces at its ends, and characters that formats escape: a filter that
/// would change some value (`trim`, `upper`, `indent`, `to_json`) changes the token as well, and
/// the value is then not taken for one that merely went through.
public enum CredentialToken {
    private static let nonce: String = {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in String(generator.next() as UInt64, radix: 36) }.joined()
    }()

    private static let opening = "\n <\"aZ\(nonce):"
    private static let closing = ":Za\"> \n"

    public static func text(for credential: CredentialVersion) -> String {
        "\(opening)\(credential.name)@\(credential.version)\(closing)"
    }

    /// The text with tokens for the credentials in it.
    public static func text(for referenced: ReferencedText) -> String {
        referenced.pieces.map { piece in
            switch piece {
            case .text(let text): text
            case .credential(let credential): text(for: credential)
            }
        }.joined()
    }

    /// What a text with tokens says, if the values in place of the tokens make it `text`: else a
    /// filter did something to a value, and nothing is known of where it went.
    public static func referenced(
        _ tokens: String, being text: Sensitive<String>, with credentials: Credentials
    ) -> ReferencedText? {
        let referenced = ReferencedText(tokens: tokens)
        let made = try? referenced.resolved { credential in
            guard let known = credentials[credential.name], known.version == credential.version
            else { return nil }
            return known.value
        }
        let isSame = made?.withExposed { made in
            text.withExposed { made.utf8.elementsEqual($0.utf8) }
        }
        return isSame == true ? referenced : nil
    }

    fileprivate static func pieces(of text: String) -> [ReferencedText.Piece] {
        var pieces: [ReferencedText.Piece] = []
        var rest = text[...]
        var plain = ""
        while let start = rest.firstRange(of: opening) {
            plain += rest[..<start.lowerBound]
            let inside = rest[start.upperBound...]
            guard let end = inside.firstRange(of: closing),
                let credential = credential(inside[..<end.lowerBound])
            else {
                plain += opening
                rest = inside
                continue
            }
            if !plain.isEmpty { pieces.append(.text(plain)) }
            pieces.append(.credential(credential))
            plain = ""
            rest = inside[end.upperBound...]
        }
        plain += rest
        if !plain.isEmpty { pieces.append(.text(plain)) }
        return pieces
    }

    private static func credential(_ text: Substring) -> CredentialVersion? {
        let parts = text.split(separator: "@")
        guard parts.count == 2, let version = Int(parts[1]) else { return nil }
        return CredentialVersion(String(parts[0]), version)
    }
}

extension ReferencedText {
    fileprivate init(tokens text: String) {
        self.init(pieces: CredentialToken.pieces(of: text))
    }
}

/// What is known of how a secret text was made.
public struct SecretOrigin: Hashable, Sendable {
    /// The text with its credentials as markers; `nil` when something was done to one of them.
    public var referenced: ReferencedText?
    /// All that may have gone into it, sorted.
    public var credentials: [CredentialVersion]

    public init(referenced: ReferencedText? = nil, credentials: [CredentialVersion]) {
        self.referenced = referenced
        self.credentials = credentials
    }
}
