public import Schema
public import Vocabulary

extension Project {
    /// The playbooks of an environment that were read and not filled in yet: what is known before
    /// its credentials are opened.
    public struct Draft: Sendable {
        /// Where something that is done in the environment needs a credential.
        public let secretUses: [SecretUse]
        /// The environment's `secrets.age`, when it has one.
        public let secretsFile: String?
        /// Whether something is wrong already, whatever the credentials are.
        public let hasErrors: Bool
        let loading: Loading
        let parts: Loading.Parts

        /// The checked playbooks.
        ///
        /// - Parameter credentials: `nil` when nobody opened them: what needs one is known only
        ///   later then.
        /// - Throws: Everything that is wrong, as far as it can be told before a host is asked.
        public func project(with credentials: Credentials?) throws(Diagnostics) -> Project {
            var loading = loading
            return try loading.project(of: parts, secrets(credentials))
        }

        private func secrets(_ credentials: Credentials?) -> SecretsInput {
            if let credentials { return .open(credentials) }
            return secretsFile == nil
                ? .none : .sealed("it is a credential, and secrets.age was not opened")
        }
    }
}
