import Hosts
import Schema
import Vocabulary

/// What a run knows of the credentials that a host runs.
struct CredentialsOnHost: Sendable {
    /// What the tasks are filled in with; `nil` where none has a credential.
    let opened: Credentials?
    /// Those of all tasks of the host in this run.
    let wanted: [CredentialVersion]
    /// What the host remembers, as far as this run knows.
    private var applied = AppliedCredentials()
    /// What has to be remembered when the run ends and was not yet.
    private var isBehind = false

    init(opened: Credentials?, wanted: [CredentialVersion]) {
        self.opened = opened
        self.wanted = wanted
    }

    /// - Throws: when what was opened is older than what the host runs.
    mutating func remember(_ memory: HostMemory, on host: HostName) throws(Diagnostics) {
        if case .known(let known) = memory.credentials { applied = known }
        guard let opened, !wanted.isEmpty else { return }
        try applied.problems(with: opened, using: wanted, on: host).throwIfErrors()
    }

    /// - Throws: when what was opened is older than what the host runs.
    func refuseOlder(_ used: [CredentialVersion], on host: HostName) throws(Diagnostics) {
        guard let opened else { return }
        try applied.problems(with: opened, using: used, on: host).throwIfErrors()
    }

    /// A task is as it should be, and these are on the host.
    mutating func found(_ used: [CredentialVersion]) {
        guard let opened, !used.isEmpty else { return }
        let before = applied
        applied.take(used, of: opened)
        if applied != before { isBehind = true }
    }

    /// Comes before the change that brings these to the host.
    mutating func beginning(_ used: [CredentialVersion], in directory: String) -> ShellScript {
        guard let opened, !used.isEmpty else { return "" }
        let before = applied
        applied.take(used, of: opened)
        guard applied != before || isBehind else { return "" }
        // What runs beside it may be written later and know less: the end of the run tells all.
        isBehind = true
        return applied.writing(in: directory)
    }

    /// Comes at the end of the run; nothing when there is nothing to add.
    func ending(in directory: String) -> ShellScript {
        isBehind ? applied.writing(in: directory) : ""
    }
}

extension HostMemory {
    /// What the file of credentials holds.
    enum AppliedContent: Hashable, Sendable {
        case none
        case known(AppliedCredentials)
        case damaged
    }
}
