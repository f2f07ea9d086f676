import Age
import ArgumentParser
import Secrets
import Vocabulary

struct SecretsRecipientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipients",
        abstract: "List, add or remove those whose keys open the credentials.",
        discussion: """
            Examples:
              finflowctl secrets recipients --env staging
              finflowctl secrets recipients add age1… --env staging --comment "ana, laptop"
              finflowctl secrets recipients remove age1… --env staging

            Adding and removing encrypts the file anew. Who was removed still opens older versions \
            of it, which git keeps: change the credentials too.
            """,
        subcommands: [
            ListCommand.self, SecretsRecipientsAddCommand.self, SecretsRecipientsRemoveCommand.self,
        ], defaultSubcommand: ListCommand.self)

    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the recipients; this needs no key.",
            discussion: """
                Examples:
                  finflowctl secrets recipients --env staging
                  finflowctl secrets recipients list --env staging --json
                """)

        @OptionGroup var options: SecretsOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let listed = try await failing { try await options.store.listedRecipients() }
            if output.json {
                JSONView.print(["format": "finflowctl-recipients", "version": 1])
            }
            for recipient in listed {
                if output.json {
                    JSONView.print(["recipient": .string(recipient.description)])
                } else {
                    Stream.output.line(recipient.description)
                }
            }
        }
    }
}

struct SecretsRecipientsAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a recipient, and encrypt the credentials anew.",
        discussion: """
            Examples:
              finflowctl secrets recipients add age1… --env staging --comment "ana, laptop"
            """)

    @OptionGroup var options: SecretsOptions

    @Option(help: "A line above the key that says whose it is.")
    var comment: String?

    @Argument(help: "The public key: age1…")
    var key: String

    func validate() throws {
        if let comment, comment.contains(where: \.isNewline) {
            throw ValidationError("--comment is one line")
        }
    }

    func run() async throws {
        let store = options.store
        try await failing {
            let recipient = try Recipient(operator: key)
            let isThere = try await store.isThere()
            let keyring = isThere ? try await options.identity.keyring() : Keyring()
            let base = isThere ? try await store.read(with: keyring) : nil
            let snapshot = try await store.add(recipient, comment: comment, to: base, with: keyring)
            Stream.error.line(
                snapshot.map { "Added, serial \($0.content.serial)." }
                    ?? "Added to \(store.recipientsPath.visible); there is no secrets.age yet.")
        }
    }
}

struct SecretsRecipientsRemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a recipient, and encrypt the credentials anew.",
        discussion: """
            Examples:
              finflowctl secrets recipients remove age1… --env staging

            Who was removed still opens older versions of the file, which git keeps: change the \
            credentials too.
            """)

    @OptionGroup var options: SecretsOptions

    @Flag(help: "Also when it is your own key.")
    var force = false

    @Argument(help: "The public key: age1…")
    var key: String

    func run() async throws {
        let store = options.store
        try await failing {
            let recipient = try Recipient(operator: key)
            let isThere = try await store.isThere()
            let identities = isThere ? try await options.identity.identities() : []
            let keyring = Keyring(identities: identities)
            let isOwn = identities.contains { $0.recipient == recipient }
            guard force || !isOwn else {
                throw Diagnostic(
                    .badRecipients, "this is your own key",
                    help: "You could not open the file any more. `--force` does it all the same.")
            }
            let base = isThere ? try await store.read(with: keyring) : nil
            let snapshot = try await store.remove(recipient, from: base, with: keyring)
            Stream.error.line(
                snapshot.map {
                    "Removed, serial \($0.content.serial). Older versions of the file still open "
                        + "with it: change the credentials too."
                } ?? "Removed from \(store.recipientsPath.visible).")
        }
    }
}

extension Recipient {
    /// What an operator typed.
    fileprivate init(operator text: String) throws(Diagnostic) {
        do throws(AgeError) {
            try self.init(text)
        } catch {
            throw error.diagnostic()
        }
    }
}
