import ArgumentParser
import Setup
import Vocabulary

/// Which environment a command is about, and where the playbooks are.
struct EnvironmentOptions: ParsableArguments {
    @Option(name: [.customLong("env"), .short], help: "The environment to operate on.")
    var environment = "local"

    @Option(
        name: .customLong("playbooks"),
        help: ArgumentHelp(
            "The directory with site.yaml, environments/ and roles/.",
            discussion: "Without it: $FINFLOW_PLAYBOOKS, else ./Playbooks.",
            valueName: "directory"))
    var playbooksOption: String?

    @Option(
        name: [.customLong("set"), .customShort("s")],
        help: ArgumentHelp("Set a variable, above all other places.", valueName: "name=value"))
    var sets: [String] = []

    @Option(
        help: ArgumentHelp(
            "Where the environment `local` keeps its tree.",
            discussion: "Without it: ~/.local/share/finflow.", valueName: "directory"))
    var prefix: String?

    @Flag(help: "In `local`, as root: converge the machine itself, not only FinFlow's own tree.")
    var system = false

    var playbooks: String {
        playbooksOption ?? Environment["FINFLOW_PLAYBOOKS"] ?? "Playbooks"
    }
}

/// Which hosts and tasks of the environment are meant.
struct SelectionOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Only these hosts: names, groups, globs, `a,b`, `a:&b`, `a:!b`, `app-[01:04]`.",
            valueName: "pattern"))
    var limit: String?

    @Option(
        name: .shortAndLong, parsing: .upToNextOption,
        help: ArgumentHelp("Only tasks with one of these tags.", valueName: "tag"))
    var tags: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("No tasks with one of these tags.", valueName: "tag"))
    var skipTags: [String] = []
}

/// How hosts are reached.
struct ConnectionArguments: ParsableArguments {
    @Option(help: "How many hosts are connected to, and how many changes made, at a time.")
    var forks = 50

    @Option(
        help: ArgumentHelp(
            "Where the password for sudo is read from: a file, or `-` for standard input.",
            valueName: "file"))
    var becomePasswordFile: String?

    @Flag(help: "Accept and remember the keys of hosts that are not known yet.")
    var acceptNew = false

    @Option(
        help: ArgumentHelp(
            "Give up on connecting after so many seconds.",
            discussion: "Without it: ConnectTimeout of ssh_config, else 10.",
            valueName: "seconds"))
    var connectTimeout: Int?

    func validate() throws {
        guard forks > 0 else { throw ValidationError("--forks must be at least 1") }
        guard (connectTimeout ?? 1) > 0 else {
            throw ValidationError("--connect-timeout must be at least 1")
        }
    }
}

/// What is done about hosts that another run changes.
struct LockArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Wait so many seconds for a host that another run is changing.",
            discussion: "Without it the host fails at once, and the exit status is 5.",
            valueName: "seconds"))
    var lockWait = 0

    @Option(
        help: ArgumentHelp(
            "How many seconds a host stays locked after a run's last sign of life.",
            valueName: "seconds"))
    var lockExpiry = 60

    var options: LockOptions {
        LockOptions(expiry: .seconds(lockExpiry), wait: .seconds(lockWait))
    }

    func validate() throws {
        guard lockWait >= 0 else { throw ValidationError("--lock-wait must be at least 0") }
        guard lockExpiry >= 2 else { throw ValidationError("--lock-expiry must be at least 2") }
    }
}

/// How output is given.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON record a line, the first one with the format's version.")
    var json = false
}
