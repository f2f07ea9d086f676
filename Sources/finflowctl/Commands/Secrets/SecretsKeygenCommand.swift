import Age
import ArgumentParser
import Secrets
import Vocabulary

struct SecretsKeygenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a secret key, and print its public key.",
        discussion: """
            Examples:
              finflowctl secrets keygen
              finflowctl secrets keygen --passphrase
              finflowctl secrets keygen --identity /etc/finflow/backup.key      for a job of cron

            The file has mode 0600 and never replaces one that is there. Somebody who can open \
            secrets.age already adds the public key: `finflowctl secrets recipients add`.
            """)

    @Option(
        help: ArgumentHelp(
            "The file to make.",
            discussion: "Without it: the one that $FINFLOW_IDENTITY names, else "
                + "~/.config/finflow/identity.txt.",
            valueName: "file"))
    var identity: String?

    @Flag(help: "Protect it with a passphrase, which is asked for; cron cannot use it then.")
    var passphrase = false

    func run() async throws {
        let place = try await failing { try IdentitySource(option: identity) { Environment[$0] } }
        guard !place.isStandardInput else {
            throw ValidationError("a new key is written to a file")
        }
        let path = place.name
        let recipient = try await failing {
            try await NewIdentity.make(
                at: path, passphrase: try await protection(), time: Timestamp.now.description)
        }
        Stream.output.line(recipient.description)
        Stream.error.line(
            "The secret key is in \(path.visible). Keep a copy where only you get at it.")
    }

    private func protection() async throws -> Passphrase? {
        guard passphrase else { return nil }
        guard let text = try await TerminalPrompt.newSecret("New passphrase") else {
            throw Diagnostic(.lockedIdentity, "there is no terminal to ask for a passphrase on")
        }
        do {
            return try Passphrase(text)
        } catch {
            throw error.diagnostic()
        }
    }
}
