import Age
import ArgumentParser
import Secrets
import Vocabulary

struct SecretsRekeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey",
        abstract: "Encrypt the credentials anew, to whom recipients.txt lists.",
        discussion: """
            Examples:
              finflowctl secrets rekey --env staging

            For after recipients.txt was edited, or came with a commit: look at the difference \
            first. Who was taken out still opens older versions of the file, which git keeps.
            """)

    @OptionGroup var options: SecretsOptions

    @Flag(help: "Also when your own key would not open it any more.")
    var force = false

    func run() async throws {
        let store = options.store
        try await failing {
            let identities = try await options.identity.identities()
            let keyring = Keyring(identities: identities)
            let base = try await store.read(with: keyring)
            let listed = try await store.listedRecipients()
            guard force || identities.contains(where: { listed.contains($0.recipient) }) else {
                throw Diagnostic(
                    .badRecipients, "your own key is not in recipients.txt",
                    subject: store.recipientsPath,
                    help: "You could not open the file any more. `--force` does it all the same.")
            }
            let snapshot = try await store.rekey(base, with: keyring)
            for recipient in listed where !base.content.recipients.contains(recipient) {
                Stream.error.line("+ \(recipient)")
            }
            for recipient in base.content.recipients where !listed.contains(recipient) {
                Stream.error.line("- \(recipient)")
            }
            Stream.error.line(
                "Encrypted to \(counted(listed.count, "recipient")), serial \(snapshot.content.serial)."
            )
        }
    }
}
