public import Vocabulary

/// Why there are no credentials. None of it says anything of a secret.
public enum CredentialsError: Error, Hashable, Sendable {
    /// A source, and why it has none to give.
    public struct Reason: Hashable, Sendable {
        public var source: String
        public var reason: String

        public init(_ source: String, _ reason: String) {
            self.source = source
            self.reason = reason
        }
    }

    /// No source has any.
    case none([Reason])
    /// A source that was configured has failed. Others are not tried then: they would be somebody
    /// else's.
    case failed(Reason)
}

extension CredentialsError {
    static func failed(_ source: String, _ reason: String) -> CredentialsError {
        .failed(Reason(source, reason))
    }

    /// The same for an operator.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        var diagnostic = AWSDiagnostics.describe(self)
        diagnostic.subject = subject
        return diagnostic
    }
}
