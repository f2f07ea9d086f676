public import Vocabulary

extension Diagnostic.Code {
    public static let missingUnit = Self(
        "FF0650", "a systemd unit that does not exist", status: .failed,
        explanation: """
            The host's systemd knows no such unit. Usually its package is not installed, its unit \
            file is written by no task before this one, or its name is misspelt; \
            `systemctl list-unit-files` on the host lists what there is.
            """)
    public static let unitCannotBeEnabled = Self(
        "FF0651", "a systemd unit that cannot be enabled or disabled", status: .failed,
        explanation: """
            A unit file without an [Install] section (systemd calls it static) is started by the \
            units that name it, a generated one by what it was made from, and a masked one by \
            nothing. The message says which of them it is.
            """)
    public static let missingAccount = Self(
        "FF0652", "a user or group that does not exist", status: .failed,
        explanation: "The task needs an account that the host does not have. Add a `user` task.")
    public static let readOnlySetting = Self(
        "FF0653", "a kernel setting that cannot be changed on this host", status: .failed,
        explanation: """
            The kernel does not know the key, or shows it read-only, as it does in containers. \
            `live: false` writes only the file that takes effect at the next boot.
            """)
    public static let failedAssertion = Self(
        "FF0654", "an assertion does not hold", status: .failed,
        explanation: "An `assert` task demands something of the host that is not so.")
    public static let unguardedCommand = Self(
        "FF0655", "a command that would run each time",
        explanation: """
            A command says when it has to run: `creates`, `removes`, `unless`, `only_if` or \
            `stamp`. One that has to run each time says so: `always: true`.
            """)
    public static let slowGuard = Self(
        "FF0657", "a guard of a command that does not end", status: .failed,
        explanation: """
            `unless` and `only_if` are asked on each observation and ended after a minute. One \
            that did not end has said neither yes nor no, so the command is not run.
            """)
    public static let unsupportedHost = Self(
        "FF0656", "a host that lacks what a resource needs", status: .failed,
        explanation: "The message names the program or the part of the system that is missing.")
}

public enum SystemDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .missingUnit, .unitCannotBeEnabled, .missingAccount, .readOnlySetting, .failedAssertion,
        .unguardedCommand, .slowGuard, .unsupportedHost,
    ]
}
