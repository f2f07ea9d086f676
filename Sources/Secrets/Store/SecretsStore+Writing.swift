public import Age
import Glibc
import Loop
import Vocabulary

extension SecretsStore {
    /// Makes a change to what was read, and to what others have written since.
    ///
    /// - Returns: what is there now; `base` itself when the change changes nothing.
    /// - Throws: ``SecretsConflict`` when others have changed the same; nothing was written then.
    public func commit(
        _ change: SecretsChange, to base: Snapshot, with keyring: Keyring
    ) async throws -> Snapshot {
        try await commit(change, to: base.content, with: keyring)
    }

    /// The same for what was read in another run.
    public func commit(
        _ change: SecretsChange, to base: SecretsContent, with keyring: Keyring
    ) async throws -> Snapshot {
        try await swap(keyring) { present, file in
            let conflicts = change.conflicts(from: base, to: present.content)
            guard conflicts.isEmpty else {
                throw SecretsConflict(conflicts, from: base, to: present.content, path: path)
            }
            guard !change.names(changing: present.content).isEmpty else { return nil }
            var change = change
            if present.isNew {
                change.recipients = file.recipients
                try checkAnybody(in: file)
            } else {
                try check(file.recipients, against: present.content)
            }
            return Replacement(change.applied(to: present.content, by: author, at: now()))
        }
    }

    /// Encrypts anew to those that recipients.txt lists, whoever they are.
    public func rekey(with keyring: Keyring) async throws -> Snapshot {
        try await swap(keyring) { present, file in
            let change = SecretsChange(recipients: file.recipients)
            return Replacement(change.applied(to: present.content, by: author, at: now()))
        }
    }

    /// Adds a recipient to recipients.txt, and encrypts anew where there is a file already.
    public func add(
        _ recipient: Recipient, comment: String?, with keyring: Keyring
    ) async throws -> Snapshot {
        try await changeRecipients(keyring) { file, _ in file.add(recipient, comment: comment) }
    }

    /// Removes a recipient from recipients.txt, and encrypts anew to those that are left.
    ///
    /// - Throws: also when it is the last one.
    public func remove(_ recipient: Recipient, with keyring: Keyring) async throws -> Snapshot {
        try await changeRecipients(keyring) { file, content in
            let isKnown =
                file.recipients.contains(recipient)
                // A run that was killed has encrypted without it, and not come to the list.
                || content.recipients.contains(recipient)
            guard isKnown else {
                throw Diagnostic(
                    .badRecipients, "\(recipient) is no recipient of `\(environment.visible)`",
                    help: "`finflowctl secrets recipients --env \(environment.visible)` lists them."
                )
            }
            file.remove(recipient)
            guard !file.recipients.isEmpty else {
                throw Diagnostic(
                    .badRecipients, "\(recipient) is the last recipient",
                    help: "Add another one first: without any, nobody could open the file.")
            }
        }
    }

    private func changeRecipients(
        _ keyring: Keyring, _ edit: (inout RecipientsFile, SecretsContent) throws -> Void
    ) async throws -> Snapshot {
        try await swap(keyring) { present, file in
            let listed = file.recipients
            var file = file
            try edit(&file, present.content)
            guard !present.isNew else { return Replacement(nil, recipientsText: file.text) }
            // What a killed run has encrypted to already is only to be written down.
            if Set(file.recipients) != Set(present.content.recipients) {
                try check(listed, against: present.content)
            }
            let change = SecretsChange(recipients: file.recipients)
            return Replacement(
                change.applied(to: present.content, by: author, at: now()),
                recipientsText: file.text)
        }
    }

    /// Whether a change could be written, to be known before somebody types it.
    ///
    /// - Throws: where there is no such environment, nobody to encrypt to, or no right to write.
    public func check(writingOver present: Snapshot) async throws {
        let directory = FileCalls.folder(of: path)
        try await BlockingPool.shared.run {
            guard access(directory, W_OK | X_OK) == 0 else {
                guard errno == ENOENT || errno == ENOTDIR else {
                    throw SystemError(errno, in: "access").diagnostic(directory, "written to")
                }
                throw Diagnostic(
                    .noSecretsFile, "there is no environment `\(environment.visible)`",
                    subject: directory,
                    help: "`--env` takes the name of a directory in environments/.")
            }
        }
        let file = try await recipientsFile()
        if present.isNew {
            try checkAnybody(in: file)
        } else {
            try check(file.recipients, against: present.content)
        }
    }

    private func checkAnybody(in file: RecipientsFile) throws(Diagnostic) {
        guard file.recipients.isEmpty else { return }
        throw Diagnostic(
            .badRecipients, "recipients.txt lists nobody to encrypt to",
            subject: recipientsPath,
            help: "Make a key with `finflowctl secrets keygen`, and add what it prints with "
                + "`finflowctl secrets recipients add age1… --env \(environment.visible)`.")
    }

    /// - Throws: when recipients.txt is not whom the file was encrypted to.
    private func check(_ listed: [Recipient], against content: SecretsContent) throws {
        let more = listed.filter { !content.recipients.contains($0) }
        let missing = content.recipients.filter { !listed.contains($0) }
        guard !more.isEmpty || !missing.isEmpty else { return }
        let differences =
            more.map { "\($0) is listed and cannot open it" }
            + missing.map { "\($0) can open it and is not listed" }
        throw Diagnostic(
            .foreignRecipients,
            "recipients.txt is not whom secrets.age was encrypted to: "
                + differences.joined(separator: "; "),
            subject: recipientsPath,
            help: "If the list is right: `finflowctl secrets rekey --env \(environment.visible)`.")
    }
}

// MARK: - Compare and swap

/// What is to stand there.
struct Replacement {
    /// `nil` where there is no file, and none to be made.
    let content: SecretsContent?
    let recipientsText: String?

    init(_ content: SecretsContent?, recipientsText: String? = nil) {
        self.content = content
        self.recipientsText = recipientsText
    }
}

extension SecretsStore {
    /// Who loses so often has met a loop, not people.
    private static let patience = 100

    /// - Parameter make: what to write, given what is there now; `nil` for nothing.
    func swap(
        _ keyring: Keyring, _ make: (Snapshot, RecipientsFile) async throws -> Replacement?
    ) async throws -> Snapshot {
        for _ in 0..<Self.patience {
            let (present, file) = try await both(keyring)
            guard let replacement = try await make(present, file) else { return present }
            if let written = try await write(replacement, over: present, file) { return written }
        }
        throw Diagnostic(
            .secretsConflict, "others have written it \(Self.patience) times meanwhile",
            subject: path, help: "Nothing of yours was written.")
    }

    /// The two files as one writer left them: nobody is between them.
    private func both(_ keyring: Keyring) async throws -> (Snapshot, RecipientsFile) {
        let (bytes, listed) = try await FileLock.withLock(of: path) {
            do {
                return (try Self.bytes(of: path), try Self.bytes(of: recipientsPath))
            } catch let error as SystemError {
                throw error.diagnostic(path, "read")
            }
        }
        let file = try RecipientsFile(listed, path: recipientsPath)
        guard let bytes else { return (Snapshot(content: .new()), file) }
        return (try await snapshot(of: bytes, with: keyring), file)
    }

    /// - Returns: `nil` when something else stands there than `old` and `listed`.
    private func write(
        _ replacement: Replacement, over old: Snapshot, _ listed: RecipientsFile
    ) async throws -> Snapshot? {
        var bytes: [UInt8]?
        if let content = replacement.content { bytes = try await encrypted(content) }
        let new = bytes
        return try await FileLock.withLock(of: path) {
            do {
                guard try isUnchanged(path, old.digest),
                    try isUnchanged(recipientsPath, listed.digest)
                else { return Snapshot?.none }
                // This one first: a run that dies in between is finished by the same command.
                if let new { try WholeFile.replace(path, with: new, .kept(orElse: 0o644)) }
            } catch let error as SystemError {
                throw error.diagnostic(path, "written")
            }
            if let text = replacement.recipientsText { try replaceRecipients(text) }
            guard let content = replacement.content, let new else { return old }
            return Snapshot(content: content, digest: Digest(of: new))
        }
    }

    private func isUnchanged(_ path: String, _ digest: Digest?) throws -> Bool {
        try Self.bytes(of: path).map { Digest(of: $0) } == digest
    }

    private func replaceRecipients(_ text: String) throws {
        do {
            try WholeFile.replace(
                recipientsPath, with: Array(text.utf8), .kept(orElse: 0o644))
        } catch {
            throw error.diagnostic(recipientsPath, "written")
        }
    }

    private func encrypted(_ content: SecretsContent) async throws -> [UInt8] {
        try await encrypted(
            try content.checkedText().map { Array($0.utf8) }, to: content.recipients)
    }

    func encrypted(
        _ plain: Sensitive<[UInt8]>, to recipients: [Recipient]
    ) async throws -> [UInt8] {
        do {
            return try await AgeFile.encrypt(plain, to: .keys(recipients), as: .armored)
        } catch let error as AgeError {
            throw error.diagnostic(subject: recipientsPath)
        }
    }
}
