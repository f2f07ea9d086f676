import Age
import Archive
import Loop
import Postgres
public import Vocabulary

extension Diagnostic.Code {
    public static let unsupportedRepository = Self(
        "FF1803", "a kind of repository that cannot be used",
        explanation: "Backups lie in a directory, or in a bucket that speaks S3.")
    public static let repositoryTrouble = Self(
        "FF1804", "a repository does not work", status: .failed,
        explanation: """
            The directory or the bucket could not be read or written: no room, no permission, or \
            no answer. What was being written is not there as a snapshot: one exists only once its \
            manifest is written, last of all. Mend it and run the command again.
            """)
    public static let backupDamaged = Self(
        "FF1805", "what lies in a repository is not what was stored there", status: .failed,
        explanation: """
            Each object's hash stands in a manifest that is signed. An object that is missing, cut \
            off, changed or exchanged for another differs from it. Nothing of such an object is \
            used. Other snapshots, and the copies in other repositories, are not concerned: \
            `finflowctl backup verify` says how they are.
            """)
    public static let signingKeyUnusable = Self(
        "FF1806", "the key that signs backups cannot be used",
        explanation: """
            `backup: signing_key:` names a file that only its owner may read, which `finflowctl \
            backup key init` makes. Without it no snapshot can be made: nobody could tell it from \
            a forged one.
            """)
    public static let noPostgresPrograms = Self(
        "FF1807", "no pg_dump is new enough for a server", status: .failed,
        explanation: """
            An older pg_dump refuses a newer server, or overlooks what it does not know. Install \
            Debian's postgresql-client of the server's version (apt.postgresql.org has them all): \
            it is found in /usr/lib/postgresql, and else in PATH.
            """)
    public static let snapshotSkew = Self(
        "FF1808", "the databases' moments lie too far apart", status: .failed,
        explanation: """
            The databases of a snapshot are to show one moment, give or take `backup: skew:`. A \
            server that answers slowly, or whose clock is wrong, is further off. No snapshot was \
            made.
            """)
    public static let snapshotDisturbed = Self(
        "FF1809", "tables were changed under a dump", status: .failed,
        explanation: """
            A TRUNCATE, or an ALTER TABLE that writes a table anew, takes rows away from every \
            snapshot of the past: a dump then has none of them, and says nothing. A table that was \
            dropped or renamed is not there to be dumped. No snapshot was made; run the command \
            again, at a time when nobody does that.
            """)
    public static let snapshotIncomplete = Self(
        "FF1810", "a dump lacks what is in the database", status: .failed,
        explanation: """
            What pg_dump wrote was compared with what the snapshot's own session sees. A table is \
            not in it, or without the rows that are there. No snapshot was made.
            """)
    public static let programFailed = Self(
        "FF1811", "a program of PostgreSQL failed", status: .failed,
        explanation: """
            The message is the program's own. A dump that did not come to its proper end is no \
            dump: no snapshot was made.
            """)
    public static let backupSet = Self(
        "FF1812", "a set of files cannot be backed up", status: .failed,
        explanation: """
            The paths of `backup: sets:` must be there and readable: half of a set is no backup. \
            `exclude` leaves out what is not wanted.
            """)
    public static let dumpUnreadable = Self(
        "FF1813", "a dump cannot be read to its end", status: .failed,
        explanation: """
            Dumps are of pg_dump's custom format, 1.14 (PostgreSQL 12 to 15), without compression \
            of their own. This one is another, or is not whole.
            """)
    public static let unknownSnapshot = Self(
        "FF1814", "a repository has no such snapshot",
        explanation: "`finflowctl backup list` shows those that it has, with their names.")
    public static let unknownDatabase = Self(
        "FF1815", "an environment or a snapshot has no such database",
        explanation: "The names are those of the section `databases:` of environment.yaml.")
    public static let memoryUnavailable = Self(
        "FF1816", "there is no place in memory for a password", status: .failed,
        explanation: """
            pg_dump takes a password from a file only. It is made in $XDG_RUNTIME_DIR or /dev/shm, \
            which are in memory; neither can be written to.
            """)
    public static let noCredential = Self(
        "FF1817", "a database's credential is not in secrets.age",
        explanation: """
            `credential:` of a database names one of secrets.age: `finflowctl secrets set NAME` \
            makes it, and `finflowctl secrets list` shows those that are there.
            """)
}

/// What this module says to an operator.
public enum BackupDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .noBackupSection, .nothingToBackUp, .unsupportedRepository, .repositoryTrouble,
        .backupDamaged, .signingKeyUnusable, .noPostgresPrograms, .snapshotSkew,
        .snapshotDisturbed, .snapshotIncomplete, .programFailed, .backupSet, .dumpUnreadable,
        .unknownSnapshot, .unknownDatabase, .memoryUnavailable, .noCredential,
    ] + RestoreDiagnostics.catalogue

    /// An error of this module, or of one below it, in the operator's words; `nil` for one that
    /// is of another kind.
    ///
    /// - Parameter subject: what it is about: `database payments`.
    public static func describe(_ error: any Error, subject: String? = nil) -> Diagnostic? {
        var diagnostic: Diagnostic
        switch error {
        case let error as Diagnostic: diagnostic = error
        case let error as SubjectError:
            return describe(error.cause, subject: error.subject)
        case let error as RepositoryError: diagnostic = error.diagnostic
        case let error as PipelineError: diagnostic = error.diagnostic
        case let error as SigningError:
            diagnostic = Diagnostic(.signingKeyUnusable, "\(error)")
        case let error as SnapshotError: diagnostic = error.diagnostic
        case let error as DumpError: diagnostic = Diagnostic(.dumpUnreadable, "\(error)")
        case let error as PostgresError: diagnostic = error.diagnostic()
        case let error as AgeError: diagnostic = error.diagnostic()
        case let error as ArchiveError: diagnostic = Diagnostic(.backupSet, "\(error)")
        case let error as SystemError:
            diagnostic = Diagnostic(.repositoryTrouble, "\(error)")
        default:
            guard let known = RestoreDiagnostics.describe(error) else { return nil }
            diagnostic = known
        }
        diagnostic.subject = diagnostic.subject ?? subject
        return diagnostic
    }
}

/// An error with what it is about.
struct SubjectError: Error {
    var subject: String
    var cause: any Error

    /// Runs `body`; its errors say what they are about.
    static func about<Value>(
        _ subject: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error where error is CancellationError || error is SubjectError {
            throw error
        } catch {
            throw SubjectError(subject: subject, cause: error)
        }
    }
}
