import Hosts
import Schema
public import Vocabulary

/// Which versions of which credentials a host runs: the file `credentials.json` in the state
/// directory, one line, names and versions only, and which write each version is of.
///
/// It is written before the change that brings a version to the host, in the same script: what a
/// killed run leaves says too much rather than too little, and nothing older comes back unseen.
struct AppliedCredentials: Hashable, Sendable {
    static let fileName = "credentials.json"

    /// Of the `secrets.age` that the versions are of.
    private(set) var lineage = ""
    /// The highest serial that was applied.
    private(set) var serial = 0
    private(set) var versions: [String: Int] = [:]
    /// Which write each version is of, where the file said so (``Credential/mark``).
    private(set) var marks: [String: String] = [:]

    init() {}

    /// - Returns: `nil` for what is none of ours.
    init?(parsing text: String) {
        guard let json = try? JSON(parsing: text), json["format"]?.int == 1,
            let lineage = json["lineage"]?.string, let serial = json["serial"]?.int,
            let members = json["credentials"]?.members
        else { return nil }
        self.lineage = lineage
        self.serial = serial
        for member in members {
            guard let version = member.value.int else { return nil }
            versions[member.name] = version
        }
        for member in json["marks"]?.members ?? [] {
            marks[member.name] = member.value.string
        }
    }

    /// With what of `opened` gets to the host. A file of another lineage was made anew, and has
    /// nothing to do with what was before.
    mutating func take(_ used: some Sequence<CredentialVersion>, of opened: Credentials) {
        if lineage != opened.lineage {
            self = AppliedCredentials()
            lineage = opened.lineage
        }
        serial = max(serial, opened.serial)
        for credential in used where versions[credential.name] ?? 0 <= credential.version {
            versions[credential.name] = credential.version
            marks[credential.name] = Self.mark(of: credential, in: opened)
        }
    }

    private static func mark(
        of credential: CredentialVersion, in opened: Credentials
    ) -> String? {
        opened[credential.name].flatMap { $0.version == credential.version ? $0.mark : nil }
    }

    /// Why `opened` must not be applied to the host: it is older than what runs there, or was
    /// changed beside it.
    ///
    /// - Parameter used: what would get there.
    func problems(
        with opened: Credentials, using used: some Sequence<CredentialVersion>, on host: HostName
    ) -> Diagnostics {
        guard lineage == opened.lineage else { return Diagnostics() }
        var older = Set(used).sorted().compactMap { credential -> String? in
            guard let version = versions[credential.name], version > credential.version else {
                return nil
            }
            return "it runs \(credential.name)@\(version), and secrets.age has "
                + "\(credential.name)@\(credential.version)"
        }
        if serial > opened.serial {
            older.append(
                "it was set up with serial \(serial), and secrets.age has serial \(opened.serial)")
        }
        return Diagnostics(
            older.map { reason in
                Diagnostic(
                    .olderSecrets, "secrets.age is older than what the host runs: \(reason)",
                    subject: "host \(host)",
                    help: "Nothing was changed there. Take the newer secrets.age (git pull), "
                        + "whoever wrote it.")
            } + branched(opened, used, on: host))
    }

    /// Two files that grew from one, each with a change of its own: neither is older.
    private func branched(
        _ opened: Credentials, _ used: some Sequence<CredentialVersion>, on host: HostName
    ) -> [Diagnostic] {
        let names = Set(used).sorted().filter { credential in
            guard versions[credential.name] == credential.version,
                let known = marks[credential.name],
                let mark = Self.mark(of: credential, in: opened)
            else { return false }
            return mark != known
        }
        return names.map { credential in
            Diagnostic(
                .branchedSecrets,
                "the host runs another \(credential) than secrets.age has: both were set, each in "
                    + "a copy of the file of its own",
                subject: "host \(host)",
                help: "Nothing was changed there. Decide which value is right and set it: "
                    + "`finflowctl secrets set \(credential.name)` gives it a new version.")
        }
    }

    var line: String {
        JSON.object([
            .init("format", 1), .init("lineage", .string(lineage)),
            .init(
                "marks",
                .object(marks.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })),
            .init("serial", .int(serial)),
            .init(
                "credentials",
                .object(
                    versions.sorted { $0.key < $1.key }.map { .init($0.key, .int($0.value)) })),
        ]).line
    }

    /// Puts it in place, whole.
    func writing(in directory: String) -> ShellScript {
        let path = "\(directory)/\(Self.fileName)"
        // Tasks side by side each write one of their own.
        return """
            (umask 077; printf '%s\\n' \(line) >\(path).$$ && sync -d \(path).$$ && mv -f -- \(path).$$ \(path)) || exit

            """
    }
}

extension Diagnostic.Code {
    public static let olderSecrets = Self(
        "FF1420", "secrets.age is older than what a host runs",
        explanation: """
            A host remembers the version of each credential that was applied to it, and the serial \
            of the file. This secrets.age has a lower one: it comes from an old checkout, a branch \
            or a backup. To apply it would bring back values that were replaced for a reason, so \
            nothing was changed on that host. To go back to an old value on purpose, set it again: \
            `finflowctl secrets set` gives it a new version.
            """)
}

extension Diagnostic.Code {
    public static let branchedSecrets = Self(
        "FF1421", "secrets.age is of another branch than what a host runs",
        explanation: """
            Each write of a credential has a random mark, which hosts remember with its version. \
            This secrets.age has a version of a credential that the host runs too, from another \
            write: somebody set it in two copies of the file (two branches, two laptops), and both \
            came to the same number. To apply it would change the value there and back with every \
            run, so nothing was changed on that host. Put the two files together, and set the \
            credential again to the value that is right: `finflowctl secrets set`.
            """)
}

public enum CredentialDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [.olderSecrets, .branchedSecrets]
}
