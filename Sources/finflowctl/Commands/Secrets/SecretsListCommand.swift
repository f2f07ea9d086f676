import ArgumentParser
import Secrets
import Vocabulary

struct SecretsListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the credentials of an environment: names, versions, when and by whom.",
        discussion: """
            Examples:
              finflowctl secrets list --env staging
              finflowctl secrets list --env production --json | jq -r .name

            Values are never among it.
            """)

    @OptionGroup var options: SecretsOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let content = try await failing {
            try await options.store.read(with: options.identity.keyring()).content
        }
        if output.json {
            JSONView.print([
                "format": "finflowctl-secrets", "version": 1,
                "environment": .string(options.environment), "serial": .int(content.serial),
            ])
            for credential in content.credentials {
                JSONView.print(
                    .object(compact: [
                        ("name", .string(credential.name)),
                        ("version", .int(credential.version)),
                        ("changed", .string(credential.changed)),
                        ("by", credential.author.map(JSON.string)),
                    ]))
            }
            return
        }
        let names = content.credentials.map(\.name.count).max() ?? 0
        let versions = content.credentials.map { "\($0.version)".count }.max() ?? 0
        for credential in content.credentials {
            let version = "\(credential.version)".padded(to: versions)
            let by = credential.author.map { "  \($0.visible)" } ?? ""
            Stream.output.line(
                "\(credential.name.padded(to: names))  \(version)  \(credential.changed.visible)\(by)"
            )
        }
        Stream.error.line(
            "\(counted(content.credentials.count, "credential")), serial \(content.serial), for "
                + "\(counted(content.recipients.count, "recipient")).")
    }
}
