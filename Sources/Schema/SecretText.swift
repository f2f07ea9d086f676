internal import Template
public import Vocabulary

/// A text of which it is known only at run time whether it is a secret: the content of a file,
/// a line, an environment variable. It never prints a secret.
public struct SecretText: Sendable {
    public let isSensitive: Bool
    /// A secret text with a marker for each credential in it, which names the credential and
    /// its version: what may be kept of it. `nil` where that cannot be said.
    public let referenced: String?
    private let text: Sensitive<String>

    public init(_ text: String) {
        self.text = Sensitive(text)
        isSensitive = false
        referenced = nil
    }

    /// - Parameter referenced: the text with markers in place of its credentials.
    public init(_ text: Sensitive<String>, referenced: String? = nil) {
        self.text = text
        isSensitive = true
        self.referenced = referenced
    }

    /// Lends the text to `body`, secret or not.
    public func withExposed<Result, Failure: Error>(
        _ body: (String) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try text.withExposed(body)
    }

    /// What may be shown: the text, or the redaction of a secret.
    public var shown: String { isSensitive ? redaction : text.withExposed { $0 } }
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
                if case .some(.some(let text)) = text { return SecretText(Sensitive(text)) }
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
