import Hosts
import Resources
import Template
import Vocabulary

/// One host in one run: its connection, and the changes made over it.
actor HostWorker {
    let host: Host
    private let connect: @Sendable (Host) async throws -> any HostSession
    private var session: (any HostSession)?
    /// For tasks that could cut the host off.
    let network: NetworkGuard
    /// The key that is given to a host that has none: one for all handlers of the run.
    let newKey = Stamps.newKey()
    private lazy var packages = PackageQueue { [weak self] script, options in
        guard let self else { throw CancellationError() }
        return try await self.run(script, options)
    }

    init(host: Host, connect: @escaping @Sendable (Host) async throws -> any HostSession) {
        self.host = host
        self.connect = connect
        network = NetworkGuard(host: host, connect: connect)
    }

    /// Opens the connection. Only the task that observes the host calls it, and all others come
    /// after that task.
    func open() async throws {
        if session == nil { session = try await connect(host) }
    }

    private func live() throws -> any HostSession {
        guard let session else { throw HostError.disconnected("it was never opened") }
        return session
    }

    func observe(_ questions: [any Probe], privilege: Privilege) async throws -> Answers {
        try await live().observe(questions, privilege: privilege)
    }

    /// Makes a change: its uploads, then its script between `prologue` and `epilogue`.
    ///
    /// - Parameters:
    ///   - prologue: runs first, in the same round trip: what must be on the host's disk
    ///     before the change is.
    ///   - epilogue: runs only after the script succeeded.
    func apply(
        _ action: Action, prologue: ShellScript, epilogue: ShellScript = ""
    ) async throws -> [String: Value] {
        if let request = action.packages {
            let values = try await packages.install(
                request, options: action.options, prologue: prologue)
            if !epilogue.isEmpty {
                _ = try ActionError.unlessSuccessful(try await run(epilogue, action.options))
            }
            return values
        }
        let session = try live()
        if !action.uploads.isEmpty {
            // The directory of state may not be there yet, and an upload may go into it.
            let ready = try await session.run(
                prologue, options: ScriptOptions(privilege: action.options.privilege))
            _ = try ActionError.unlessSuccessful(ready)
        }
        for upload in action.uploads {
            try await session.upload(
                upload.source, to: upload.path, privilege: action.options.privilege)
        }
        var script = prologue
        if epilogue.isEmpty {
            script += action.script
        } else {
            // Not `( … ) || exit`: in front of `||` a shell ignores `set -e` (POSIX, XCU 2.14).
            script += "(\n\(action.script)\n)\ndone=$?; [ $done = 0 ] || exit $done\n\(epilogue)"
        }
        return try action.finish(try await session.run(script, options: action.options))
    }

    func run(_ script: ShellScript, _ options: ScriptOptions) async throws -> ScriptResult {
        try await live().run(script, options: options)
    }

    func close() async {
        await session?.close()
        session = nil
    }
}
