import ArgumentParser
import Backup
import Glibc
import Loop
import Vocabulary

struct BackupKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make and show the keys of backups.",
        discussion: """
            Examples:
              finflowctl backup key init --env production
              finflowctl backup key public --env production >>trusted-keys.txt
              finflowctl backup key recipients --env production
            """,
        subcommands: [
            BackupKeyInitCommand.self, BackupKeyPublicCommand.self,
            BackupKeyRecipientsCommand.self,
        ])
}

struct BackupKeyInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the key that manifests are signed with, and print its public key.",
        discussion: """
            Examples:
              finflowctl backup key init
              finflowctl backup key init --env production

            The file is the one that `signing_key:` names; it has mode 0600 and never replaces one \
            that is there. Other machines that verify and restore trust its public key once it is \
            listed under `trusted_keys:`.
            """)

    @OptionGroup var options: BackupOptions

    func run() async throws {
        options.output.begin("backup-key", [.init("environment", .string(options.environment))])
        let path = try BackupWorkspace(options).settings.signingKey
        let key = SigningKey()
        do throws(SystemError) {
            try await BlockingPool.shared.run { () throws(SystemError) in
                let folder = FileCalls.folder(of: path)
                if mkdir(folder, 0o700) != 0, errno != EEXIST { throw SystemError(errno, in: folder) }
                try key.encoded.withExposed { (text) throws(SystemError) in
                    try FileCalls.create(path, Array("\(text)\n".utf8), mode: 0o600)
                }
            }
        } catch {
            throw Failure(
                Diagnostic(
                    .unwritableOutput, "`\(path.visible)` cannot be made: \(error.reason)",
                    help: error.number == EEXIST
                        ? "There is a key already; `finflowctl backup key public` prints its public part."
                        : nil))
        }
        key.publicKey.show(options.output)
        Stream.error.line("The secret key is in \(path.visible). Keep a copy where only you get at it.")
    }
}

struct BackupKeyPublicCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "public",
        abstract: "Print the public key of the key that manifests are signed with.",
        discussion: """
            Examples:
              finflowctl backup key public --env production
            """)

    @OptionGroup var options: BackupOptions

    func run() async throws {
        options.output.begin("backup-key", [.init("environment", .string(options.environment))])
        try await BackupWorkspace(options).signingKey().publicKey.show(options.output)
    }
}

struct BackupKeyRecipientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recipients",
        abstract: "Print who can read the backups that are made from now on.",
        discussion: """
            Examples:
              finflowctl backup key recipients --env production
            """)

    @OptionGroup var options: BackupOptions

    func run() async throws {
        options.output.begin("backup-key", [.init("environment", .string(options.environment))])
        for recipient in try BackupWorkspace(options).settings.recipients {
            if options.output.json {
                JSONView.print(["recipient": .string("\(recipient)")])
            } else {
                Stream.output.line("\(recipient)")
            }
        }
    }
}

extension VerifyingKey {
    fileprivate func show(_ output: OutputOptions) {
        if output.json {
            JSONView.print(["signing_key": .string("\(self)")])
        } else {
            Stream.output.line("\(self)")
        }
    }
}
