public import Age
import Glibc
import Loop
import Vocabulary

/// Edits that could not be saved.
extension SecretsStore {
    /// Keeps an edit encrypted beside secrets.age, to whom that is encrypted.
    ///
    /// - Returns: its path.
    public func keep(_ edit: UnsavedEdit) async throws -> String {
        let recipients =
            edit.base.recipients.isEmpty ? try await listedRecipients() : edit.base.recipients
        let bytes = try await encrypted(try edit.bytes(), to: recipients)
        let stamp = now().filter { $0.isLetter || $0.isNumber }
        let kept = "\(FileCalls.folder(of: path))/unsaved-edit-\(stamp)-\(getpid()).age"
        return try await BlockingPool.shared.run {
            do {
                try WholeFile.replace(kept, with: bytes, .always(0o600))
            } catch let error as SystemError {
                throw error.diagnostic(kept, "written")
            }
            return kept
        }
    }

    /// What ``keep(_:)`` kept, or what was left in memory where nothing could be kept.
    public func unsavedEdit(at path: String, with keyring: Keyring) async throws -> UnsavedEdit {
        guard let bytes = try await contents(of: path) else {
            throw Diagnostic(.secretsUnwritable, "there is no file `\(path.visible)`")
        }
        if let edit = try UnsavedEdit(Sensitive(bytes), subject: path) { return edit }
        let opened: Sensitive<[UInt8]>
        do {
            opened = try await AgeFile.decrypt(bytes, with: keyring)
        } catch let error as AgeError {
            throw error.diagnostic(subject: path)
        }
        guard let edit = try UnsavedEdit(opened, subject: path) else {
            throw Diagnostic(
                .secretsUnreadable, "this is no edit that was kept", subject: path,
                help: "`age --decrypt` shows what is in it.")
        }
        return edit
    }

    /// Takes away what was kept of an edit that is saved now.
    public func discardUnsavedEdit(at path: String) async throws {
        try await BlockingPool.shared.run {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw SystemError(errno, in: "unlink").diagnostic(path, "removed")
            }
            PrivateMemory.forget(FileCalls.folder(of: path))
        }
    }
}
