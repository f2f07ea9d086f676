import Hosts
import Schema
public import Vocabulary

/// Which versions of which credentials a host runs: the file `credentials.json` in the state
/// directory, one line, names and versions only.
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
    }

    /// With what of `opened` gets to the host. A file of another lineage was made anew, and has
    /// nothing to do with what was before.
    mutating func take(_ used: some Sequence<CredentialVersion>, of opened: Credentials) {
        if lineage != opened.lineage {
            self = AppliedCredentials()
            lineage = opened.lineage
        }
        serial = max(serial, opened.serial)
        for credential in used {
            versions[credential.name] = max(
                versions[credential.name] ?? 0, credential.version)
        }
    }

    /// Why `opened` must not be applied to the host: it is older than what runs there.
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
            })
    }

    var line: String {
        JSON.object([
            .init("format", 1), .init("lineage", .string(lineage)), .init("serial", .int(serial)),
            .init(
                "credentials",
                .object(
                    versions.sorted { $0.key < $1.key }.map { .init($0.key, .int($0.value)) })),
        ]).line
    }

    /// Puts it in place, whole. What stands there and is none of ours is set aside.
    func writing(in directory: String, overDamaged: Bool = false) -> ShellScript {
        let path = "\(directory)/\(Self.fileName)"
        let aside: ShellScript =
            overDamaged ? "mv -f -- \(path) \("\(directory)/credentials.damaged")\n" : ""
        // Tasks side by side each write one of their own.
        return aside + """
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

public enum CredentialDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [.olderSecrets]
}
