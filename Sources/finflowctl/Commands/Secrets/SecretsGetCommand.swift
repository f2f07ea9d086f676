import ArgumentParser
import Secrets
import Vocabulary

struct SecretsGetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print the value of a credential, and nothing else.",
        discussion: """
            Examples:
              finflowctl secrets get payments_db_password --env staging | psql …
              finflowctl secrets get tls_key --env production >key.pem

            To a terminal a line's end is added; to a pipe or a file goes exactly the value.
            """)

    @OptionGroup var options: SecretsOptions

    @Argument(help: "The name of the credential.")
    var name: String

    func run() async throws {
        let credential = try await failing {
            try CredentialValue.check(name: name)
            let content = try await options.store.read(with: options.identity.keyring()).content
            guard let found = content[name] else {
                throw Diagnostic(
                    .unknownCredential,
                    "`\(options.environment)` has no credential `\(name)`",
                    hint: nearestName(to: name, among: content.credentials.map(\.name)).map {
                        "did you mean `\($0)`?"
                    })
            }
            return found
        }
        credential.value.withExposed { Stream.output.write($0) }
        if Stream.output.isTerminal { Stream.output.line() }
    }
}
