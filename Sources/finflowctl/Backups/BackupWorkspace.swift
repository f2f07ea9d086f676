import Age
import Backup
import Playbook
import Record
import Secrets
import Vocabulary

/// What the commands of backups begin with: what an environment says of its databases and
/// backups, read and checked. Nothing else of the playbooks has to be right.
struct BackupWorkspace {
    let environment: BackupEnvironment
    /// The texts that errors point into.
    let sources: [String: String]
    private let options: BackupOptions
    private let state: StatePlace?

    init(_ options: BackupOptions) throws {
        self.options = options
        do throws(Diagnostics) {
            let sections = try EnvironmentSections.of(
                environment: options.environment, root: options.playbooks)
            sources = sections.sources
            state = sections.state
            environment = try BackupEnvironment(
                named: options.environment, databases: sections["databases"],
                backup: sections["backup"], file: sections.file)
        } catch {
            throw Failure(error)
        }
    }

    var settings: BackupSettings { environment.settings }

    // MARK: Repositories

    /// The one that the options name, opened.
    func repository() async throws -> any Repository {
        try await repository(named: options.repository)
    }

    /// One of `copies:`; the environment's first one without a name.
    func repository(named name: String?) async throws -> any Repository {
        let settings = try repositorySettings(named: name)
        return try await backingUp { try await RepositoryOpening.open(settings) }
    }

    func repositorySettings(named name: String?) throws -> RepositorySettings {
        guard let name else { return settings.repository }
        guard let found = settings.copies.first(where: { $0.name == name }) else {
            throw Failure(
                Diagnostic(
                    .invalidRepositoryName,
                    "`\(options.environment.visible)` has no repository `\(name.visible)`",
                    hint: nearestName(to: name, among: settings.copies.map(\.name)).map {
                        "did you mean `\($0)`?"
                    }, help: "Others than the first one stand under `backup: copies:`."))
        }
        return found
    }

    /// The snapshots of a repository. The newest that was seen there before has to be among them.
    func catalogue(of repository: any Repository) async throws -> SnapshotCatalogue {
        let keys = try await trustedKeys()
        let known = await seen(in: repository)
        let catalogue = try await backingUp {
            try await SnapshotCatalogue.read(
                from: repository, trusting: keys, remembering: known)
        }
        if let newest = catalogue.newest { await remember(newest.link, in: repository) }
        return catalogue
    }

    /// The newest snapshot that was seen in a repository, if there was one.
    func seen(in repository: any Repository) async -> [ManifestLink] {
        await [remembered(of: repository)?.link()].compactMap(\.self)
    }

    /// Keeps in mind that a snapshot is there.
    func remember(_ link: ManifestLink, in repository: any Repository) async {
        do {
            try await remembered(of: repository)?.keep(link)
        } catch {
            let reason = Records.failure(error, .recordUnwritable).diagnostics.all.first?.message
            Stream.error.line("warning: the newest snapshot is not remembered: \(reason ?? "")")
        }
    }

    private func remembered(of repository: any Repository) async -> RememberedSnapshot? {
        guard let store = try? await Records.store(of: options.environment, at: state) else {
            return nil
        }
        return RememberedSnapshot(of: repository.place, in: store)
    }

    // MARK: Keys

    /// What signs manifests and records.
    func signingKey() async throws -> SigningKey {
        do throws(SigningError) {
            return try await SigningKey(file: settings.signingKey)
        } catch {
            var diagnostic = error.diagnostic()
            diagnostic.help = "`finflowctl backup key init` makes one."
            throw Failure(diagnostic)
        }
    }

    /// The signing key, where this machine has it.
    func signingKeyIfThere() async -> SigningKey? {
        try? await SigningKey(file: settings.signingKey)
    }

    /// Whose signatures count: the machine's own, and those that `trusted_keys:` lists.
    func trustedKeys() async throws -> Set<VerifyingKey> {
        var keys: Set<VerifyingKey> = []
        for text in settings.trustedKeys {
            guard let key = VerifyingKey(text) else {
                throw Failure(
                    Diagnostic(
                        .signatureUnusable, "`\(text.visible)` of `trusted_keys:` is no key",
                        help: "`finflowctl backup key public` prints one: `ed25519:…`."))
            }
            keys.insert(key)
        }
        if let own = await signingKeyIfThere() { keys.insert(own.publicKey) }
        guard !keys.isEmpty else {
            _ = try await signingKey()
            return []
        }
        return keys
    }

    /// What opens the backups: `--identity`, as for secrets.age.
    func keyring() async throws -> Keyring { try await options.identity.keyring() }

    // MARK: Databases

    /// The databases, with their passwords.
    ///
    /// - Parameter names: of those that are meant; all of them when there is none.
    func databases(_ names: [String] = []) async throws -> [DatabaseSource] {
        let chosen = try selected(names)
        let passwords = try await passwords(of: chosen)
        return chosen.map { database in
            DatabaseSource(database, password: database.credential.flatMap { passwords[$0] })
        }
    }

    private func selected(_ names: [String]) throws -> [DatabaseSettings] {
        guard !names.isEmpty else { return environment.databases }
        return try names.map { name in
            guard let found = environment.databases.first(where: { $0.name == name }) else {
                throw Failure(
                    Diagnostic(
                        .unknownDatabase,
                        "`\(options.environment.visible)` has no database `\(name.visible)`",
                        hint: nearestName(to: name, among: environment.databases.map(\.name)).map {
                            "did you mean `\($0)`?"
                        }))
            }
            return found
        }
    }

    private func passwords(
        of databases: [DatabaseSettings]
    ) async throws -> [String: Sensitive<String>] {
        let needed = databases.filter { $0.credential != nil }
        guard !needed.isEmpty else { return [:] }
        let store = SecretsStore(playbooks: options.playbooks, environment: options.environment)
        let keyring = try await options.identity.keyring()
        let content = try await failing { try await store.read(with: keyring) }.content
        var passwords: [String: Sensitive<String>] = [:]
        for database in needed {
            guard let name = database.credential else { continue }
            guard let credential = content[name] else {
                throw Failure(
                    Diagnostic(
                        .noCredential, "there is no credential `\(name.visible)` in secrets.age",
                        subject: "database \(database.name)",
                        hint: nearestName(to: name, among: content.credentials.map(\.name)).map {
                            "did you mean `\($0)`?"
                        }))
            }
            passwords[name] = credential.value
        }
        return passwords
    }
}

extension Diagnostic.Code {
    static let invalidRepositoryName = Self(
        "FF0706", "an environment has no repository of that name", status: .usage,
        explanation: """
            `--repository` names one of `backup: copies:` of environment.yaml. Without it the \
            environment's first one is meant.
            """)
}

/// Runs `body`; what it throws for an operator becomes a failure of the command.
func backingUp<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error where !(error is CancellationError || error is Failure) {
        guard let diagnostic = BackupDiagnostics.describe(error) else { throw error }
        throw Failure(diagnostic)
    }
}
