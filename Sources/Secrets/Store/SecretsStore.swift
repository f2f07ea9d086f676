public import Age
public import Loop
public import Vocabulary

/// The credentials of one environment on this machine's disk: `secrets.age`, and beside it
/// recipients.txt.
///
/// Both are replaced whole, and `secrets.age` by compare-and-swap: what is written was made from
/// what stands there, or from what somebody else wrote meanwhile and both changes together.
public struct SecretsStore: Sendable {
    public let environment: String
    public let path: String
    public let recipientsPath: String
    let author: String
    let now: @Sendable () -> String

    /// - Parameters:
    ///   - playbooks: the directory with `environments/`.
    ///   - author: who changes, for others to see.
    public init(
        playbooks: String, environment: String, author: String = Operator.current.address,
        now: @escaping @Sendable () -> String = { Timestamp.now.description }
    ) {
        self.environment = environment
        path = "\(playbooks)/environments/\(environment)/secrets.age"
        recipientsPath = "\(playbooks)/environments/\(environment)/recipients.txt"
        self.author = author
        self.now = now
    }

    /// What was read, with what tells whether it still stands there.
    public struct Snapshot: Sendable {
        public var content: SecretsContent
        /// Of the encrypted file; `nil` where there is none.
        var digest: Digest?

        public var isNew: Bool { digest == nil }
    }

    // MARK: - Reading

    /// - Throws: when there is none, or nothing at hand opens it.
    public func read(with keyring: Keyring) async throws -> Snapshot {
        guard let snapshot = try await readIfThere(with: keyring) else {
            throw Diagnostic(
                .noSecretsFile, "the environment `\(environment.visible)` has no secrets.age",
                help: "`finflowctl secrets set NAME --env \(environment.visible)` makes one.")
        }
        return snapshot
    }

    /// What there is; where there is no file yet, nothing in it.
    public func readOrNew(with keyring: Keyring) async throws -> Snapshot {
        try await readIfThere(with: keyring) ?? Snapshot(content: .new())
    }

    private func readIfThere(with keyring: Keyring) async throws -> Snapshot? {
        guard let bytes = try await contents(of: path) else { return nil }
        return try await snapshot(of: bytes, with: keyring)
    }

    func snapshot(of bytes: [UInt8], with keyring: Keyring) async throws -> Snapshot {
        let plain: Sensitive<[UInt8]>
        do {
            plain = try await AgeFile.decrypt(bytes, with: keyring)
        } catch let error as AgeError {
            throw error.diagnostic(subject: path)
        }
        return Snapshot(
            content: try SecretsContent(plain, subject: path), digest: Digest(of: bytes))
    }

    public func isThere() async throws -> Bool { try await contents(of: path) != nil }

    /// Whom recipients.txt lists.
    public func listedRecipients() async throws -> [Recipient] {
        try await recipientsFile().recipients
    }

    func recipientsFile() async throws -> RecipientsFile {
        try RecipientsFile(try await contents(of: recipientsPath), path: recipientsPath)
    }

    /// What a file holds; blocks.
    static func bytes(of path: String) throws(SystemError) -> [UInt8]? {
        try FileCalls.contents(of: path, atMost: largestFile)
    }

    func contents(of path: String) async throws -> [UInt8]? {
        try await BlockingPool.shared.run {
            do {
                return try Self.bytes(of: path)
            } catch let error as SystemError {
                throw error.diagnostic(path, "read")
            }
        }
    }
}

/// The largest file that anybody writes here: of secrets, recipients or a key.
let largestFile = ByteCount.mebibytes(16)

extension SystemError {
    /// The same for an operator.
    func diagnostic(_ path: String, _ what: String) -> Diagnostic {
        Diagnostic(
            .secretsUnwritable, "`\(path.visible)` cannot be \(what): \(reason)")
    }
}
