internal import Loop
public import Vocabulary

/// A session over persistent shells: one for each privilege that runs quick scripts, in
/// batches, and a few more for slow ones.
///
/// Nothing is opened before it is needed. The first batch travels in the same packets that
/// start its shell, so a host that is as it should be costs one program started on it.
public actor ShellSession: HostSession {
    /// The most that a script may print.
    public static let outputLimit = ByteCount.mebibytes(64)
    /// Channels besides those of the quick shells. sshd gives a connection 10; two quick shells,
    /// these, one aside, and one to end others make 9.
    static let slowChannels = 5

    nonisolated let transport: any Transport
    nonisolated let loop: EventLoop
    nonisolated let become: Become

    // Working state, for the extensions in this folder.
    /// Why nothing more can be done: the connection is gone, or was closed.
    var failure: HostError?
    /// That `sudo` refused once; a wrong password is not tried again.
    var refusals: [Privilege: HostError] = [:]
    var quick: [Privilege: QuickLane] = [:]
    let slowPlaces: Turnstile
    var slowChannelsOpen = 0
    var idleSlowShells: [RemoteShell] = []
    /// One that nothing runs in, of the lane that waits for nothing.
    var idleAsideShell: RemoteShell?
    var jobs: [Int: Job] = [:]
    var shells: [Int: RemoteShell] = [:]
    var observers: [Int: Observer] = [:]
    /// The channels of files on their way.
    var transfers: [Int: any ByteChannel] = [:]
    var idleTimers: [Int: LoopTimer] = [:]
    let idleLimit: Duration
    private var lastNumber = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// - Parameters:
    ///   - becomes: whether what needs root goes through `sudo`; if not, all is done as the
    ///     login user.
    ///   - password: for a `sudo` that wants one.
    ///   - idleLimit: after which a file on its way of which nothing moves is given up.
    public init(
        over transport: any Transport, becomes: Bool = true, password: Sensitive<String>? = nil,
        idleLimit: Duration = ShellSession.usualIdleLimit
    ) {
        self.idleLimit = idleLimit
        self.transport = transport
        loop = transport.loop
        become = Become(isNeeded: becomes && !transport.isRoot, password: password)
        slowPlaces = Turnstile(places: Self.slowChannels, on: transport.loop)
    }

    public func run(_ script: ShellScript, options: ScriptOptions) async throws -> ScriptResult {
        try Task.checkCancellation()
        if let failure { throw failure }
        let number = newNumber()
        defer { jobs[number] = nil }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let job = Job(number: number, script: script, options: options) {
                    continuation.resume(with: $0)
                }
                jobs[number] = job
                submit(job)
            }
        } onCancel: {
            // Posted, so that it comes after the job was noted.
            loop.post { [weak self] in
                self?.assumeIsolated { $0.interrupt(number, CancellationError()) }
            }
        }
    }

    public func close() async {
        fail(.disconnected("it was closed"))
        await transport.close()
    }

    /// The connection is gone: nobody waits any longer, and nobody shall begin to.
    func fail(_ error: HostError) {
        guard failure == nil else { return }
        failure = error
        for job in jobs.values.sorted(by: { $0.number < $1.number }) {
            job.timer.map(loop.cancel)
            job.finish(.failure(job.interruption ?? error))
        }
        for observer in observers.values { observer.finish(.failure(error)) }
        slowPlaces.shut(throwing: error)
        idleSlowShells = []
        idleAsideShell = nil
        let open = Array(shells.keys)
        let transfers = Array(transfers.values)
        Task {
            for number in open { await shells[number]?.cut() }
            for channel in transfers { await channel.close() }
        }
    }

    /// For jobs, shells and observers.
    func newNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    func schedule(
        after delay: Duration, _ body: @escaping @Sendable (isolated ShellSession) -> Void
    ) -> LoopTimer {
        loop.schedule(at: .now + delay) { [weak self] in
            self?.assumeIsolated { body($0) }
        }
    }
}
