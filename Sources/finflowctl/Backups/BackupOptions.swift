import ArgumentParser

/// Which environment's backups are meant.
struct BackupOptions: ParsableArguments {
    @Option(name: [.customLong("env"), .short], help: "The environment whose backups are meant.")
    var environment = "local"

    @Option(
        name: .customLong("playbooks"),
        help: ArgumentHelp(
            "The directory with environments/.",
            discussion: "Without it: $FINFLOW_PLAYBOOKS, else ./Playbooks.",
            valueName: "directory"))
    var playbooksOption: String?

    @Option(
        help: ArgumentHelp(
            "The repository of this name under `copies:`, not the environment's first one.",
            valueName: "name"))
    var repository: String?

    @OptionGroup var identity: IdentityOptions
    @OptionGroup var output: OutputOptions

    var playbooks: String {
        playbooksOption ?? Environment["FINFLOW_PLAYBOOKS"] ?? "Playbooks"
    }

    func validate() throws {
        guard !environment.contains("/"), environment != "..", environment != "." else {
            throw ValidationError("--env takes the name of an environment")
        }
    }
}
