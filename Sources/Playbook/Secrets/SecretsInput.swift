public import Schema
import Template
import Vocabulary

/// What is known of an environment's credentials when its playbooks are filled in.
public enum SecretsInput: Sendable {
    /// It has no `secrets.age`.
    case none
    /// It has one that nobody opened; the reason is for people. Whatever needs a credential is
    /// known only later then.
    case sealed(String)
    case open(Credentials)

    public var credentials: Credentials? {
        if case .open(let credentials) = self { credentials } else { nil }
    }

    /// The variable `secrets`.
    var value: Value {
        switch self {
        case .none: [:]
        case .sealed(let reason): .unknown(reason)
        case .open(let credentials):
            .map(of: credentials.all.map { (key: $0.name, value: .sensitive($0.value)) })
        }
    }

    /// The same with tokens in place of the values; `nil` when there are no values.
    var tokens: Scope.Layer? {
        guard let credentials else { return nil }
        let values = credentials.all.map { credential in
            (
                key: credential.name,
                value: Value.string(CredentialToken.text(for: credential.reference))
            )
        }
        return Scope.Layer("finflowctl", values: [SecretUse.variable: .map(of: values)])
    }
}
