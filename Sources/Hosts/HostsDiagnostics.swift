public import Vocabulary

extension Diagnostic.Code {
    public static let unknownHost = Self(
        "FF0450", "a host or group that the inventory does not have",
        explanation: """
            Hosts are declared under `inventory: hosts:` of the environment, groups under \
            `inventory: groups:`. A group lists hosts that are declared, so that a typing slip \
            does not become a new host. `finflowctl inventory` shows what there is.
            """)
    public static let badHostRange = Self(
        "FF0451", "a range of host names that cannot be read",
        explanation: """
            A range is `app-[01:20]`, `db-[a:c]` or `node-[0:10:2]`: two numbers or two letters, \
            the ends included, and perhaps a step. Leading zeros of the lower end give the width. \
            An address may have a range too; it must stand for as many as the name.
            """)
    public static let badHostPattern = Self(
        "FF0452", "a pattern of hosts that cannot be read",
        explanation: """
            A pattern lists names, groups, globs (`app-*`) and ranges (`app-[1:5]`), parted by \
            `:` or `,`. `&name` keeps only what is also in `name`, `!name` takes it away: \
            `app:db:&staging:!db-3`. Quote it for your shell.
            """)
    public static let groupCycle = Self(
        "FF0453", "groups that contain themselves",
        explanation: "Following `children:` leads back to the same group. Remove one of the steps.")
    public static let duplicateHost = Self(
        "FF0454", "one name for two hosts or groups",
        explanation: """
            Each host is declared once, and no group has the name of a host, since a pattern could \
            mean either. `all` is every host and cannot be declared.
            """)
    public static let badHostName = Self(
        "FF0455", "a name that a host, group or variable cannot have",
        explanation: """
            Names of hosts and groups consist of letters, digits, `.`, `_` and `-` and begin with \
            a letter, digit or `_`. An IPv6 address goes under `address:`. Names of variables \
            consist of letters, digits and `_` and do not begin with a digit.
            """)

    public static let sudoRefused = Self(
        "FF0463", "a host's sudo refuses", status: .unreachable,
        explanation: """
            Tasks run as root through sudo, unless the login user is root or the inventory says \
            `become: false`. The message has sudo's own reason.
            """)
    public static let connectionLost = Self(
        "FF0464", "the connection to a host was lost", status: .unreachable,
        explanation: """
            It was there and broke: a reboot, a firewall, a network. A script that was running may \
            have come to its end or not; run the same command again, it finishes what is left.
            """)
    public static let scriptTimedOut = Self(
        "FF0465", "a script on a host took too long", status: .failed,
        explanation: """
            The script and all that it had started were ended on the host. Give the task a longer \
            `timeout:` if it needs one.
            """)
    public static let outputTooLarge = Self(
        "FF0466", "a script on a host printed too much", status: .failed,
        explanation: """
            What a script prints is kept in memory and so is bounded. Send the output of a command \
            that prints much to a file.
            """)
    public static let shellMisbehaves = Self(
        "FF0467", "the shell of a host does not answer as one", status: .unreachable,
        explanation: """
            A POSIX shell on the host reads scripts from its standard input. It ended, or something \
            else answers in its place: a login shell that refuses, a program in .bashrc that reads \
            the input, or a script that killed its parent.
            """)
    public static let transferFailed = Self(
        "FF0468", "a file could not be transferred", status: .failed,
        explanation: """
            The reason is the host's own: a full disk, a read-only file system, a missing \
            directory. The part that had arrived was removed.
            """)
}

public enum HostsDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .unknownHost, .badHostRange, .badHostPattern, .groupCycle, .duplicateHost, .badHostName,
        .sudoRefused, .connectionLost, .scriptTimedOut, .outputTooLarge, .shellMisbehaves,
        .transferFailed,
    ]
}
