/// Scripts that wait for the one quick shell of a privilege.
struct QuickLane {
    var shell: RemoteShell?
    var waiting: [Job] = []
    var observers: [Observer] = []
    var isWorking = false
}

extension ShellSession {
    func submit(_ job: Job) {
        switch job.options.lane {
        case .quick:
            let privilege = become.effective(job.options.privilege)
            quick[privilege, default: QuickLane()].waiting.append(job)
            startWorking(as: privilege)
        case .slow:
            Task { await workSlowly(on: job) }
        case .aside:
            Task { await workAside(on: job) }
        }
    }

    func startWorking(as privilege: Privilege) {
        guard quick[privilege]?.isWorking == false else { return }
        quick[privilege]?.isWorking = true
        Task { await workQuickly(as: privilege) }
    }

    private func workQuickly(as privilege: Privilege) async {
        while let batch = nextBatch(as: privilege) {
            let shell = quick[privilege]?.shell
            // Two statements: in one, the lane would be read before the wait and written back
            // after it, without what was submitted in between.
            let next = await finish(batch, over: shell, as: privilege)
            quick[privilege]?.shell = next
        }
        quick[privilege]?.isWorking = false
    }

    /// All that waits, with what is to be run once at its end.
    private func nextBatch(as privilege: Privilege) -> [Job]? {
        let observers = quick[privilege]?.observers.filter { !$0.isFinished } ?? []
        let waiting = quick[privilege]?.waiting.filter { !$0.isFinished } ?? []
        quick[privilege]?.observers = []
        quick[privilege]?.waiting = []
        let batch = probes(for: observers) + waiting + epilogues(of: waiting)
        return batch.isEmpty ? nil : batch
    }

    private func workSlowly(on job: Job) async {
        do {
            try await slowPlaces.enter()
        } catch {
            return job.finish(.failure(HostError(error)))
        }
        defer { slowPlaces.leave() }
        guard !job.isFinished else { return }  // cancelled while it waited
        let privilege = become.effective(job.options.privilege)
        let idle = takeIdleShell(as: privilege)
        let shell = await finish([job] + epilogues(of: [job]), over: idle, as: privilege)
        if let shell {
            idleSlowShells.append(shell)
        } else {
            slowChannelsOpen -= 1
        }
    }

    private func workAside(on job: Job) async {
        let privilege = become.effective(job.options.privilege)
        let idle = idleAsideShell.flatMap { $0.privilege == privilege ? $0 : nil }
        if idle != nil { idleAsideShell = nil }
        let shell = await finish([job] + epilogues(of: [job]), over: idle, as: privilege)
        guard let shell else { return }
        if idleAsideShell == nil { idleAsideShell = shell } else { await release(shell) }
    }

    /// Sends `batch` until all of it is answered: what a shell that ended had not begun goes to
    /// another one.
    ///
    /// - Returns: The last shell, if it can take more.
    private func finish(
        _ batch: [Job], over shell: RemoteShell?, as privilege: Privilege
    ) async -> RemoteShell? {
        var shell = shell
        var left = batch
        while !left.isEmpty {
            shell = await exchange(left, over: shell, as: privilege)
            left = left.filter { !$0.isAnswered }
        }
        for job in batch where job.isFinished { jobs[job.number] = nil }
        return shell
    }

    func makeJob(
        _ script: ShellScript, _ options: ScriptOptions = ScriptOptions(),
        isQuestion: Bool = false,
        completion: @escaping (Result<ScriptResult, any Error>) -> Void
    ) -> Job {
        let job = Job(
            number: newNumber(), script: script, options: options, isQuestion: isQuestion,
            completion: completion)
        jobs[job.number] = job
        return job
    }
}

// MARK: Epilogues

extension ShellSession {
    /// Each different epilogue once. The jobs that ask for it are done when it is.
    private func epilogues(of jobs: [Job]) -> [Job] {
        var asking: [ShellScript: [Job]] = [:]
        var order: [ShellScript] = []
        for job in jobs {
            guard let epilogue = job.options.epilogue else { continue }
            if asking[epilogue] == nil { order.append(epilogue) }
            asking[epilogue, default: []].append(job)
        }
        return order.map { script in
            let waiting = asking[script] ?? []
            let limit = waiting.map(\.options.timeout).max() ?? .zero
            return makeJob(script, ScriptOptions(timeout: limit)) { result in
                for job in waiting {
                    guard case .held(let own) = job.phase else { continue }
                    job.finish(result.map { own.followed(by: $0) })
                }
            }
        }
    }
}

extension ScriptResult {
    /// Both as one script that ends with the first failure.
    fileprivate func followed(by next: ScriptResult) -> ScriptResult {
        ScriptResult(
            status: status == 0 ? next.status : status, output: output + next.output,
            error: error + next.error)
    }
}

// MARK: Channels

extension ShellSession {
    /// A slow shell that has nothing to do; without one, room for a new channel is made.
    private func takeIdleShell(as privilege: Privilege) -> RemoteShell? {
        if let index = idleSlowShells.lastIndex(where: { $0.privilege == privilege }) {
            return idleSlowShells.remove(at: index)
        }
        countSlowChannel()
        return nil
    }

    /// One more slow channel is about to be opened; a shell that has nothing to do makes room
    /// for it, if there is none. It is followed by one decrement of `slowChannelsOpen`.
    func countSlowChannel() {
        slowChannelsOpen += 1
        if slowChannelsOpen > Self.slowChannels, !idleSlowShells.isEmpty {
            let idle = idleSlowShells.removeFirst()
            slowChannelsOpen -= 1
            Task { await release(idle) }
        }
    }

    func release(_ shell: RemoteShell) async {
        shells[shell.number] = nil
        await shell.cut()
    }
}
