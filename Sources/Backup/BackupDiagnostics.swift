public import Vocabulary

extension Diagnostic.Code {
    public static let repositoryUnavailable = Self(
        "FF1801", "a backup repository does not work", status: .failed,
        explanation: """
            The directory or bucket that holds the backups cannot be read or written: it is full, \
            belongs to somebody else, or does not answer. Nothing that was there was changed; what \
            had been begun is not offered for restore, and `backup prune` removes it after a day.
            """)
    public static let objectExists = Self(
        "FF1802", "an object of a repository is there already", status: .failed,
        explanation: """
            Nothing in a repository is ever written over. That a new object's name is taken means \
            that another run made it, or that this run's own answer was lost on its way: run it \
            again, which takes new names.
            """)
    public static let objectMissing = Self(
        "FF1803", "an object of a repository is not there, or not all of it", status: .failed,
        explanation: """
            The manifest of the snapshot names an object that was removed or cut short since. The \
            snapshot cannot be restored whole; others may be: `finflowctl backup list`.
            """)
    public static let objectRetained = Self(
        "FF1804", "an object of a repository is kept by the store", status: .failed,
        explanation: """
            The store has been told to keep the object until a time (Object Lock), against \
            everybody. It goes when that has passed.
            """)
    public static let objectDiffers = Self(
        "FF1805", "an object of a repository is not what was stored there", status: .failed,
        explanation: """
            Its SHA-256 is not the one that the signed manifest holds: a disk or a transfer damaged \
            it, or somebody put another one in its place. Nothing of it is restored. Take another \
            snapshot, or the copy in another repository.
            """)
    public static let dumpFailed = Self(
        "FF1806", "a program that makes a backup did not end well", status: .failed,
        explanation: """
            What a program wrote before it failed is no backup of anything: nothing of it was \
            kept.
            """)
    public static let dumpDamaged = Self(
        "FF1807", "a dump is not whole", status: .failed,
        explanation: """
            What pg_dump wrote was read while it passed, and is not what its own table of contents \
            says. A dump of another format or version than 12 to 15 cannot be read either; it has \
            to be uncompressed (`-Fc -Z0`), for the pipeline compresses it.
            """)
    public static let documentDamaged = Self(
        "FF1808", "a manifest or record of a repository cannot be read", status: .failed,
        explanation: """
            It is signed and still says something that this version does not know: a later \
            finflowctl wrote it. Nothing is guessed.
            """)
    public static let signatureUnusable = Self(
        "FF1809", "a signing key cannot be used",
        explanation: """
            A signing key is a line `ed25519-secret:…` in a file that nobody but its owner may \
            read. The key itself is never shown.
            """)
    public static let notGenuine = Self(
        "FF1810", "a manifest or record of a repository is not genuine", status: .failed,
        explanation: """
            It was not signed, was signed by somebody who is not trusted here, or was changed \
            since. If the key is a colleague's, add its public key to the trusted ones; else ask \
            who could write there. Nothing of it is used.
            """)
    public static let chainBroken = Self(
        "FF1811", "the chain of a repository's snapshots is not whole", status: .failed,
        explanation: """
            Each snapshot names the one before it by its digest. One is missing that was not \
            pruned, was put back after it was, lies in another's place or was signed anew: somebody \
            with access to the repository changed its history.
            """)
    public static let noBackupSection = Self(
        "FF1812", "an environment that says nothing of its backups",
        explanation: """
            The section `backup:` of environment.yaml names the repository and who can read what \
            lies there. Without it there is nothing that `finflowctl backup` could do.
            """)
    public static let nothingToBackUp = Self(
        "FF1813", "an environment without anything to back up",
        explanation: "The sections `databases:` and `backup: sets:` name what is backed up.")
    public static let unsupportedRepository = Self(
        "FF1814", "a kind of repository that cannot be used",
        explanation: "Backups lie in a directory, or in a bucket that speaks S3.")
    public static let noPostgresPrograms = Self(
        "FF1815", "no pg_dump is new enough for a server", status: .failed,
        explanation: """
            An older pg_dump refuses a newer server, or overlooks what it does not know. Install \
            Debian's postgresql-client of the server's version (apt.postgresql.org has them all): \
            it is found in /usr/lib/postgresql, and else in PATH.
            """)
    public static let snapshotSkew = Self(
        "FF1816", "the databases' moments lie too far apart", status: .failed,
        explanation: """
            The databases of a snapshot are to show one moment, give or take `backup: skew:`. A \
            server that answers slowly, or whose clock is wrong, is further off. No snapshot was \
            made.
            """)
    public static let snapshotDisturbed = Self(
        "FF1817", "tables were changed under a dump", status: .failed,
        explanation: """
            A TRUNCATE, or an ALTER TABLE that writes a table anew, takes rows away from every \
            snapshot of the past: a dump then has none of them, and says nothing. A table that was \
            dropped or renamed is not there to be dumped. No snapshot was made; run the command \
            again, at a time when nobody does that.
            """)
    public static let snapshotIncomplete = Self(
        "FF1818", "a dump lacks what is in the database", status: .failed,
        explanation: """
            What pg_dump wrote was compared with what the snapshot's own session sees. A table is \
            not in it, or without the rows that are there. No snapshot was made.
            """)
    public static let backupSet = Self(
        "FF1819", "a set of files cannot be backed up", status: .failed,
        explanation: """
            The paths of `backup: sets:` must be there and readable: half of a set is no backup. \
            `exclude` leaves out what is not wanted.
            """)
    public static let unknownSnapshot = Self(
        "FF1820", "a repository has no such snapshot",
        explanation: "`finflowctl backup list` shows those that it has, with their names.")
    public static let unknownDatabase = Self(
        "FF1821", "an environment or a snapshot has no such database",
        explanation: "The names are those of the section `databases:` of environment.yaml.")
    public static let memoryUnavailable = Self(
        "FF1822", "there is no place in memory for a password", status: .failed,
        explanation: """
            pg_dump takes a password from a file only. It is made in $XDG_RUNTIME_DIR or /dev/shm, \
            which are in memory; neither can be written to.
            """)
    public static let noCredential = Self(
        "FF1823", "a database's credential is not in secrets.age",
        explanation: """
            `credential:` of a database names one of secrets.age: `finflowctl secrets set NAME` \
            makes it, and `finflowctl secrets list` shows those that are there.
            """)
}

/// What this module says to an operator.
public enum BackupDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .repositoryUnavailable, .objectExists, .objectMissing, .objectRetained, .objectDiffers,
        .dumpFailed, .dumpDamaged, .documentDamaged, .signatureUnusable, .notGenuine, .chainBroken,
        .noBackupSection, .nothingToBackUp, .unsupportedRepository, .noPostgresPrograms,
        .snapshotSkew, .snapshotDisturbed, .snapshotIncomplete, .backupSet, .unknownSnapshot,
        .unknownDatabase, .memoryUnavailable, .noCredential,
    ]
}

extension RepositoryError {
    public var diagnostic: Diagnostic {
        switch self {
        case .exists(let key): Diagnostic(.objectExists, "\(key) is there already")
        case .missing(let key): Diagnostic(.objectMissing, "\(key) is not there")
        case .cut(let key): Diagnostic(.objectMissing, "\(key) is shorter than it was")
        case .tooLarge(let key, let limit):
            Diagnostic(.documentDamaged, "\(key) is larger than \(limit), which no such object is")
        case .retained(let key, let time):
            Diagnostic(
                .objectRetained,
                "\(key) is kept by the store\(time.map { " until \($0)" } ?? "")")
        case .unavailable(let trouble): trouble.diagnostic
        }
    }
}

extension RepositoryError.Trouble {
    fileprivate var diagnostic: Diagnostic {
        let help =
            switch cause {
            case .full: "Make room there, or let `finflowctl backup prune` do it."
            case .denied where place.hasPrefix("s3://"):
                "`aws sts get-caller-identity` says as whom this runs; the bucket's policy, what "
                    + "it may do."
            case .denied: "See who it belongs to, and as whom this runs."
            case .passing: "Run it again."
            case .other: "`backup:` in environment.yaml names the repository."
            }
        return Diagnostic(
            .repositoryUnavailable, "cannot \(action): \(reason)".visible,
            subject: "the repository \(place)".visible, help: help)
    }
}

extension PipelineError {
    public var diagnostic: Diagnostic {
        switch self {
        case .storedOtherwise(let key, let given, let stored):
            Diagnostic(
                .objectDiffers,
                "the repository stored \(key) as something else than it was given: "
                    + "\(Self.difference(given, stored))")
        case .storedDiffers(let key, let expected, let found):
            Diagnostic(
                .objectDiffers,
                "\(key) is not what was stored there: \(Self.difference(expected, found))")
        case .plainDiffers(let key, let expected, let found):
            Diagnostic(
                .objectDiffers,
                "\(key) holds something else than its manifest says: "
                    + "\(Self.difference(expected, found))")
        case .programFailed(let name, let ending, let message):
            Diagnostic(
                .dumpFailed, "\(name.visible) ended with \(ending)",
                hint: message.isEmpty
                    ? nil : message.split(separator: "\n").suffix(5).joined(separator: " ").visible)
        }
    }

    private static func difference(_ expected: StoredObject, _ found: StoredObject) -> String {
        expected.size == found.size
            ? "its SHA-256 is \(found.sha256) and should be \(expected.sha256)"
            : "it has \(found.size) bytes and should have \(expected.size)"
    }
}

extension DumpError {
    /// - Parameter subject: whose dump it is.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        let message =
            switch self {
            case .foreign: "it is no dump in pg_dump's custom format"
            case .unsupported(let version): "it is of the format's version \(version); 1.14 is read"
            case .compressed: "its rows are compressed"
            case .malformed(let what, let offset): "at byte \(offset), \(what)"
            case .truncated(let offset): "it ends at byte \(offset), in the middle of something"
            case .missingData(let name): "the rows of \(name) never came"
            case .notCopied(let name): "the rows of \(name) are no COPY text"
            }
        return Diagnostic(.dumpDamaged, message.visible, subject: subject)
    }
}

extension DocumentError {
    /// - Parameter subject: the object that it is.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        Diagnostic(.documentDamaged, description.visible, subject: subject)
    }
}

extension SigningError {
    /// - Parameter subject: the object that is signed.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        switch self {
        case .keyUnusable(let reason):
            Diagnostic(.signatureUnusable, "the signing key cannot be used: \(reason.visible)")
        case .unsigned: Diagnostic(.notGenuine, "it has no signature", subject: subject)
        case .untrusted(let key):
            Diagnostic(
                .notGenuine, "it is signed with a key that is not trusted here", subject: subject,
                hint: "\(key)")
        case .forged:
            Diagnostic(.notGenuine, "it was changed after it was signed", subject: subject)
        }
    }
}

extension SnapshotChain.Problem {
    public var diagnostic: Diagnostic {
        switch self {
        case .notGenuine(let id, let error): error.diagnostic(subject: "the manifest of \(id)")
        case .unreadable(let id, let error): error.diagnostic(subject: "the manifest of \(id)")
        case .misplaced(let id, let other):
            Diagnostic(.chainBroken, "the manifest in place of \(id) is that of \(other)")
        case .replayed(let id):
            Diagnostic(.chainBroken, "\(id) was pruned, and somebody has put it back")
        case .exchanged(let id, let name):
            Diagnostic(.chainBroken, "\(id) is another one than \(Self.witness(name)) knows")
        case .missing(let id, let name):
            Diagnostic(
                .chainBroken, "\(id) is gone and was not pruned; \(Self.witness(name)) knows it")
        case .disordered(let id):
            Diagnostic(.chainBroken, "\(id) names one before it that is not older")
        case .forked(let ids, let id):
            Diagnostic(
                .chainBroken,
                "\(ids.map(\.description).joined(separator: " and ")) both follow \(id)",
                help: "Where two runs were at work at once, that is all.", severity: .warning)
        }
    }

    private static func witness(_ id: SnapshotID?) -> String {
        id?.description ?? "the state store"
    }
}
