public import Vocabulary

/// What opens a file that a person can remember the key of.
public struct Passphrase: Sendable {
    private let text: Sensitive<String>

    /// - Throws: for an empty one, which would keep nothing secret.
    public init(_ text: Sensitive<String>) throws(AgeError) {
        guard text.withExposed({ !$0.isEmpty }) else { throw .passphraseEmpty }
        self.text = text
    }

    func withBytes<Result>(_ body: ([UInt8]) -> Result) -> Result {
        text.withExposed { body(Array($0.utf8)) }
    }
}

extension Passphrase: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { redaction }
    public var debugDescription: String { redaction }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension DefaultStringInterpolation {
    @available(*, deprecated, message: "a Passphrase has no place in a string")
    public mutating func appendInterpolation(_ value: Passphrase) {
        appendLiteral(redaction)
    }
}
