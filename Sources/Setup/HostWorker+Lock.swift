import Hosts
import Resources
import Vocabulary

/// The lock of the host: when it may be taken, that it is kept, and what it means to lose it.
extension HostWorker {
    var scripts: LockScripts {
        LockScripts(directory: directory, run: identity.run, name: host.name)
    }

    /// What goes before each script that changes something: it takes the lock until it is
    /// known to be held.
    var fence: ShellScript { holding == .held ? scripts.fence : taking(founding: journal.founding) }

    /// Takes the lock.
    ///
    /// - Parameter founding: what is written with it.
    func taking(founding: ShellScript) -> ShellScript {
        let lock = HostLock(
            holder: identity, boot: memory.boot, uptime: memory.uptime,
            expiry: max(1, Int(locks.expiry.seconds)))
        var first: ShellScript = "rm -f beat\n"
        if memory.key == nil {
            if memory.isKeyDamaged { first += "mv -f key \(DamagedFile.key.aside) || exit\n" }
            first += "printf '%s\\n' \(key) >key.new && mv -f key.new key || exit\n"
        }
        return scripts.taking(lock, over: basis, founding: first + founding)
    }

    private var basis: LockScripts.Basis {
        switch memory.lock {
        case .free(let line): return .line(line)
        case .damaged(let line): return .damaged(line)
        // No line is empty: nobody but a later finflowctl, or `unlock`, frees it.
        case .later: return .line("")
        case .held(let lock, let line):
            let holder = lock.holder.run
            if holder == identity.run { return .line(line) }
            let beat = memory.beat.flatMap { $0.run == holder ? $0.uptime : nil }
            return .abandoned(line, holder: holder, beat: beat)
        }
    }

    func remember(_ memory: HostMemory) {
        self.memory = memory
        if memory.isAppliedNewer { self.memory.settled = [] }
    }

    /// Whether the run may change the host: it waits for another one as long as it may.
    ///
    /// - Returns: Whether it had to wait, so that what was observed may no longer hold.
    func admit() async throws -> Bool {
        let start = ContinuousClock.now
        var hasWaited = false
        if case .later(let line) = memory.lock { throw Diagnostics([Self.lockedByLater(line)]) }
        while case .held(let lock, let left) = memory.standing(for: identity.run) {
            guard ContinuousClock.now - start < locks.wait else {
                throw Diagnostics([Self.locked(lock, left)])
            }
            hasWaited = true
            try await Task.sleep(for: .milliseconds(500))
            try await refresh()
        }
        return hasWaited
    }

    /// Takes the lock before anything is to be changed.
    ///
    /// - Returns: Whether it was not held before, so that what was observed may no longer hold.
    func takeLock() async throws -> Bool {
        guard holding != .held else { return false }
        _ = try await admit()
        try await runOwn("")
        return true
    }

    /// Reads anew what the host remembers.
    func refresh() async throws {
        let probe = MemoryProbe(directory: directory)
        memory = try await observe([probe], privilege: memoryPrivilege).answer(probe)
    }

    /// Sends a script behind the fence, and learns from its result what became of the lock.
    func fenced(
        _ send: (_ fence: ShellScript) async throws -> ScriptResult
    ) async throws -> ScriptResult {
        if case .lost(let diagnostic) = holding { throw Diagnostics([diagnostic]) }
        let wasHeld = holding == .held
        underway += 1
        defer { underway -= 1 }
        // Not only when it has come back: it may be long on its way, and the lock is taken then.
        startHeartbeat()
        let result: ScriptResult
        do {
            result = try await send(fence)
        } catch let ended as PrologueEnded {
            result = ended.result
        } catch {
            // It may have taken the lock before it was cut.
            if holding == .none { holding = .uncertain }
            throw error
        }
        if let refusal = result.refusal { throw await refused(refusal, wasHeld: wasHeld) }
        switch holding {
        case .none, .uncertain: holding = result.status == 0 ? .held : .uncertain
        // What was lost while the script was under way stays so.
        case .held, .lost: break
        }
        return result
    }

    private func refused(_ refusal: LockScripts.Refusal, wasHeld: Bool) async -> any Error {
        switch refusal {
        case .busy:
            return Diagnostics([
                Diagnostic(
                    .hostBusy, "scripts of another run are still under way on it",
                    help: "Run it again when they have ended.")
            ])
        case .lost(let line):
            return Diagnostics([lose(to: line)])
        case .other(let line) where wasHeld:
            return Diagnostics([lose(to: line)])
        case .other:
            return await overtaken()
        }
    }

    /// From now on nothing more is changed on the host.
    private func lose(to line: String) -> Diagnostic {
        if case .lost(let diagnostic) = holding { return diagnostic }
        let diagnostic = Self.lost(to: line)
        holding = .lost(diagnostic)
        return diagnostic
    }

    /// Another run came before this one had the lock.
    private func overtaken() async -> any Error {
        do {
            try await refresh()
        } catch {
            return error
        }
        if case .held(let lock, let left) = memory.standing(for: identity.run) {
            return Diagnostics([Self.locked(lock, left)])
        }
        return ActionError("another run has changed the host in the meantime", isStale: true)
    }

    private func startHeartbeat() {
        guard heartbeat == nil else { return }
        let pause = locks.expiry / 4
        heartbeat = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: pause)
                guard !Task.isCancelled, let self else { return }
                await self.beat()
            }
        }
    }

    private func beat() async {
        let wasHeld = holding == .held
        switch holding {
        case .held, .uncertain: break
        case .none where underway > 0: break
        case .none, .lost: return
        }
        var options = ScriptOptions(
            privilege: memoryPrivilege, lane: .aside, timeout: .seconds(30))
        var result = try? await run(scripts.beat, options)
        if result == nil, !Task.isCancelled {
            // The host may not allow one channel more. Where nothing gets through, what else is
            // sent says so.
            options.lane = .quick
            result = try? await run(scripts.beat, options)
        }
        // Without the lock in hand a refusal says only that it is not taken yet.
        guard wasHeld, case .other(let line) = result?.refusal else { return }
        _ = lose(to: line)
    }

    // MARK: Words

    static func locked(_ lock: HostLock, _ secondsLeft: Int) -> Diagnostic {
        let holder = lock.holder
        return Diagnostic(
            .hostLocked, "another run is changing it: \(holder.inWords)",
            help: """
                Without a sign of life its lock ends in \(secondsLeft) s. `--lock-wait SECONDS` \
                waits for it; if you know that the run is gone: `finflowctl unlock`.
                """)
    }

    private static func lockedByLater(_ line: String) -> Diagnostic {
        let json = try? JSON(parsing: line)
        let holder = ["command", "run", "user", "from"].compactMap { json?[$0]?.string?.visible }
        return Diagnostic(
            .hostLocked, "a later finflowctl holds its lock: \(holder.joined(separator: ", "))",
            help: """
                This one cannot tell whether that run lives. Use the later one; if you know that \
                the run is gone: `finflowctl unlock`.
                """)
    }

    private static func lost(to line: String) -> Diagnostic {
        let taker: String =
            switch HostLock.content(of: line) {
            case .held(let lock, _): "by \(lock.holder.inWords)"
            case .free, .later, .damaged: "away from this run"
            }
        return Diagnostic(
            .lockLost, "its lock was taken \(taker), so nothing more is changed on it",
            help: "This run was silent for longer than its lock is good for. Run it again.")
    }
}
