import Age
import Archive
import Loop
import Postgres
public import Vocabulary

extension BackupDiagnostics {
    /// An error of this module, or of one below it, in the operator's words; `nil` for one that
    /// is of another kind.
    ///
    /// - Parameter subject: what it is about: `database payments`.
    public static func describe(_ error: any Error, subject: String? = nil) -> Diagnostic? {
        var diagnostic: Diagnostic
        switch error {
        case let error as Diagnostic: diagnostic = error
        case let error as SubjectError: return describe(error.cause, subject: error.subject)
        case let error as RepositoryError: diagnostic = error.diagnostic
        case let error as PipelineError: diagnostic = error.diagnostic
        case let error as SigningError: diagnostic = error.diagnostic()
        case let error as DocumentError: diagnostic = error.diagnostic()
        case let error as SnapshotError: diagnostic = error.diagnostic
        case let error as DumpError: diagnostic = error.diagnostic()
        case let error as PostgresError: diagnostic = error.diagnostic()
        case let error as AgeError: diagnostic = error.diagnostic()
        case let error as ArchiveError: diagnostic = Diagnostic(.backupSet, "\(error)".visible)
        case let error as SystemError: diagnostic = error.diagnostic
        default: return nil
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

extension SystemError {
    fileprivate var diagnostic: Diagnostic {
        call.hasPrefix(PasswordFile.action)
            ? Diagnostic(.memoryUnavailable, "\(call): \(reason)")
            : Diagnostic(.dumpFailed, "\(call): \(reason)")
    }
}

extension Diagnostic {
    /// With what it is about in front: `the manifest of …: it has no signature`.
    public var sentence: String { (subject.map { "\($0): " } ?? "") + message }
}
