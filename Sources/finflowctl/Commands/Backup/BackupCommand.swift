import ArgumentParser

struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Make snapshots of databases and files: consistent, encrypted, verified.",
        discussion: """
            What is backed up, and where to, stands in environments/NAME/environment.yaml as \
            `databases:` and `backup:`. A bare `backup` means `backup create`.

            Examples, from nothing on:
              finflowctl backup key init --env staging        the key that signs, once
              finflowctl backup --env staging                 make a snapshot
              finflowctl backup list --env staging            those that are there
              finflowctl backup verify --env staging --read-data 10%
            """,
        subcommands: [
            BackupCreateCommand.self, BackupListCommand.self, BackupShowCommand.self,
            BackupVerifyCommand.self, BackupKeyCommand.self,
        ],
        defaultSubcommand: BackupCreateCommand.self)
}
