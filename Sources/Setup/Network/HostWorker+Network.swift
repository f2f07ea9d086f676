import Hosts
import Playbook
import Resources
import TaskGraph
import Template
import Vocabulary

extension HostWorker.Work {
    /// The same, guarded where its task says `network: true`.
    ///
    /// A file that a handler brings into force is only kept before it is replaced: the guard is
    /// that handler's. This machine itself needs none: nobody is connected to it.
    ///
    /// - Parameter directory: in which the host remembers.
    func guarded(
        _ duty: NetworkDuty?, _ resource: any Resource, on host: Host, in directory: String,
        by run: RunID
    ) -> HostWorker.Work {
        guard let duty else { return self }
        var work = self
        work.entry.revertSeconds = duty.seconds
        guard let resource = resource as? any NetworkResource, host.transport != .local else {
            return work
        }
        func scripts(_ effect: TaskID) -> NetworkGuardScripts {
            NetworkGuardScripts(
                directory: "\(directory)/network", effect: effect.rawValue,
                seconds: duty.seconds)
        }
        guard let restoration = resource.restoration, !restoration.isInForceAtOnce,
            !duty.handlers.isEmpty
        else {
            work.guarded = GuardedChange(
                action, resource, duty, on: host, scripts: scripts(duty.task))
            return work
        }
        let applied = AppliedStates.keeping(duty.task, in: directory, run)
        work.action.finish = GuardedChange.telling(action.finish)
        work.prologue += duty.handlers.map {
            scripts($0).keeping(restoration, applied: applied)
        }.joined()
        work.broughtIntoForceBy = Set(duty.handlers)
        return work
    }
}

extension AppliedStates {
    /// Keeps what a task last applied, or that it did nothing, as a line of `applied.ndjson`.
    fileprivate static func keeping(
        _ task: TaskID, in directory: String, _ run: RunID
    ) -> ShellScript {
        let nothing = line(task, State(digest: "", run: run, at: .now))
        let beginning = "{\"task\":\(JSON.string(task.rawValue).line),"
        return """
            grep -sF -e \(beginning) \(directory)/applied.ndjson | tail -n 1 >applied
            [ -s applied ] || printf '%s\\n' \(nothing) >applied
            """
    }
}

extension HostWorker {
    func perform(
        _ change: GuardedChange, opening: ShellScript
    ) async throws -> [String: Value] {
        // What may take long is not to be counted against the change.
        if holding != .held { try await runOwn("") }
        try await upload(change.action)
        do {
            let confirmed = try await network.perform(change) {
                try await self.make(change, opening: opening)
            } run: { script, options in
                try await self.runFenced(script, options)
            }
            if let session = confirmed.session {
                await adopt(session, patience: change.patience)
            }
            return confirmed.values
        } catch {
            // It may have been put back, or be put back later.
            forgetWrites(for: change.task)
            throw error
        }
    }

    private func make(
        _ change: GuardedChange, opening: ShellScript
    ) async throws -> [String: Value] {
        let script = opening + change.action.script
        var options = change.action.options
        options.privilege = memoryPrivilege
        return try change.action.finish(try await runFenced(script, options))
    }

    /// Waits until the host has put back what an earlier run left armed.
    ///
    /// - Returns: Whether there was something, so that the host has to be asked again.
    func settleNetwork(_ answers: Answers) async throws -> Bool {
        let directory = "\(directory)/network"
        guard let standing = try? answers.answer(NetworkProbe(directory: directory)),
            standing.isArmed
        else { return false }
        // As a change: whoever made it may hold the lock still, and be about to confirm it.
        let result = try await runFenced(
            NetworkGuardScripts.settling(in: directory),
            ScriptOptions(privilege: memoryPrivilege, lane: .slow, timeout: .seconds(3900)))
        _ = try ActionError.unlessSuccessful(result)
        return true
    }
}

extension Answers {
    /// What a plan says of a guarded task whose host put back the last change of that kind.
    func remark(on task: ResourceTask, _ work: HostTask) -> [Change] {
        guard task.network != nil,
            let last = try? answer(NetworkProbe(directory: "\(work.stateDirectory)/network")).last
        else { return [] }
        return [
            Change(.update, "last time", after: "put back at \(last.reverted): \(last.because)")
        ]
    }
}
