internal import Template
public import Vocabulary

/// A text of which it is known only at run time whether it is a secret: the content of a file,
/// a line, an environment variable. It never prints a secret.
public struct SecretText: Sendable {
    public let isSensitive: Bool
    /// The text with a marker in place of each credential (``ReferencedText``): what of a secret
    /// content may be kept, and made into it again. Of what is no secret, the text with its
    /// brackets escaped. `nil` of a secret that is more than credentials put into a text.
    public var referenced: String? {
        isSensitive ? origin?.referenced?.text : text.withExposed { ReferencedText(plain: $0).text }
    }
    /// The credentials that may have gone into it, sorted.
    public var credentials: [CredentialVersion] { origin?.credentials ?? [] }
    private let origin: SecretOrigin?
    private let text: Sensitive<String>

    public init(_ text: String) {
        self.text = Sensitive(text)
        isSensitive = false
        origin = nil
    }

    public init(_ text: Sensitive<String>, from origin: SecretOrigin? = nil) {
        self.text = text
        isSensitive = true
        self.origin = origin
    }

    /// A text that was kept, with the credentials of now.
    ///
    /// - Throws: ``MissingCredential`` for one that there is not any more.
    public init(
        _ referenced: ReferencedText, with credentials: Credentials
    ) throws(MissingCredential) {
        let resolved = try referenced.resolved(with: credentials)
        guard !referenced.credentials.isEmpty else {
            self.init(resolved.withExposed { $0 })
            return
        }
        let present = ReferencedText(
            pieces: referenced.pieces.map { piece in
                guard case .credential(let old) = piece, let now = credentials[old.name] else {
                    return piece
                }
                return .credential(now.reference)
            })
        self.init(
            resolved, from: SecretOrigin(referenced: present, credentials: present.credentials))
    }

    /// Lends the text to `body`, secret or not.
    public func withExposed<Result, Failure: Error>(
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try text.withExposed(body)
    }

    /// What may be shown: the text, or of a secret which credentials it is made of.
    public var shown: String { isSensitive ? redacted : text.withExposed { $0 } }

    /// What stands for it where it is never shown: `[sensitive] credential sudo_password@2`.
    public var redacted: String {
        credentials.isEmpty ? redaction : "\(redaction) \(credentials.inWords)"
    }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { shown }
    public var debugDescription: String { shown }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension FieldType where Output == SecretText {
    /// A text that may be a secret; its resource takes care that it is never shown.
    public static var secretText: FieldType<SecretText> {
        FieldType("text, may be a secret", jsonSchema: ["type": "string"]) {
            value throws(Diagnostics) in
            switch value.content {
            case .scalar(.string(let text)): return SecretText(text)
            case .scalar(.sensitive(let secret)):
                let text: String?? = secret.withExposed { inner in
                    if case .string(let text) = inner { .some(text) } else { nil }
                }
                if case .some(.some(let text)) = text {
                    return SecretText(Sensitive(text), from: value.origin)
                }
                throw Diagnostics([
                    Diagnostic(.wrongType, "expected a text, found another secret", at: value.place)
                ])
            case .scalar(.int), .scalar(.bool), .scalar(.double):
                throw value.mismatch("a text", hint: "put it in quotes")
            default: throw value.mismatch("a text")
            }
        }
    }
}
