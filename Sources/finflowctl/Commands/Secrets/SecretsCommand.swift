import ArgumentParser
import Secrets

struct SecretsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets",
        abstract: "Keep the credentials of an environment: encrypted, versioned, committed.",
        discussion: """
            They are environments/NAME/secrets.age, which `age --decrypt` opens too; playbooks use \
            them as {{ secrets.NAME }}. To begin:
              finflowctl secrets keygen                              your key, once
              finflowctl secrets recipients add age1… --env staging  whose key it is to open with
              finflowctl secrets set sudo_password --env staging     asks for the value
              finflowctl secrets list --env staging
              finflowctl secrets edit --env staging
            """,
        subcommands: [
            SecretsKeygenCommand.self, SecretsEditCommand.self, SecretsSetCommand.self,
            SecretsGetCommand.self, SecretsListCommand.self, SecretsRecipientsCommand.self,
            SecretsRekeyCommand.self,
        ])
}

/// Which environment's credentials are meant.
struct SecretsOptions: ParsableArguments {
    @Option(
        name: [.customLong("env"), .short], help: "The environment whose credentials are meant.")
    var environment = "local"

    @Option(
        name: .customLong("playbooks"),
        help: ArgumentHelp(
            "The directory with environments/.",
            discussion: "Without it: $FINFLOW_PLAYBOOKS, else ./Playbooks.",
            valueName: "directory"))
    var playbooksOption: String?

    @OptionGroup var identity: IdentityOptions

    func validate() throws {
        guard !environment.contains("/"), environment != "..", environment != "." else {
            throw ValidationError("--env takes the name of an environment")
        }
    }

    var store: SecretsStore {
        SecretsStore(
            playbooks: playbooksOption ?? Environment["FINFLOW_PLAYBOOKS"] ?? "Playbooks",
            environment: environment)
    }
}
