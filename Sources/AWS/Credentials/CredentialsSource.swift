internal import Vocabulary

/// Where credentials may come from.
public protocol CredentialsSource: Sendable {
    /// As an operator knows it: `environment`, `profile production`.
    var name: String { get }

    /// Asks anew; what is kept is the chain's affair.
    ///
    /// - Throws: ``CredentialsError/failed(_:)`` where they should have been and are not.
    func find() async throws -> CredentialsFinding
}

/// What a source says.
public enum CredentialsFinding: Sendable {
    case found(AWSCredentials)
    /// The source is not configured.
    case absent(String)
}
