import Hosts
import Playbook
import Resources
import TaskGraph
import Template

extension HostWorker {
    /// Makes a task's change as `apply` does, guarded where the task says `network: true`.
    ///
    /// A file that a handler brings into force is only kept before it is replaced; the guard is
    /// that handler's. This machine itself needs none: nobody is connected to it.
    func apply(
        _ action: Action, of task: ResourceTask, _ resource: any Resource,
        in node: GraphTask<HostTask>, prologue: ShellScript, epilogue: ShellScript = ""
    ) async throws -> [String: Value] {
        guard let mark = task.network, let resource = resource as? any NetworkResource,
            host.transport != .local
        else { return try await apply(action, prologue: prologue, epilogue: epilogue) }
        func scripts(_ effect: TaskID) -> NetworkGuardScripts {
            NetworkGuardScripts(
                directory: "\(node.work.stateDirectory)/network", effect: effect.rawValue,
                seconds: mark.seconds)
        }
        if let restoration = resource.restoration, !restoration.isInForceAtOnce,
            !mark.handlers.isEmpty
        {
            var action = action
            action.finish = GuardedChange.telling(action.finish)
            let keeping = mark.handlers.map { scripts($0).keeping(restoration) }.joined()
            return try await apply(action, prologue: prologue + keeping, epilogue: epilogue)
        }
        let change = GuardedChange(
            action, resource, mark, of: node, scripts: scripts(node.id))
        return try await network.perform(change, epilogue: prologue + epilogue) { action in
            try await self.apply(action, prologue: prologue)
        } run: { script, options in
            try await self.run(script, options)
        }
    }

    /// Waits until the host has put back what an earlier run left armed.
    ///
    /// - Returns: Whether there was something, so that the host has to be asked again.
    func settleNetwork(_ answers: Answers, _ work: HostTask) async throws -> Bool {
        let directory = "\(work.stateDirectory)/network"
        guard let standing = try? answers.answer(NetworkProbe(directory: directory)),
            standing.isArmed
        else { return false }
        let privilege = work.host.become ? Privilege.root : .login
        _ = try ActionError.unlessSuccessful(
            try await run(
                NetworkGuardScripts.settling(in: directory),
                ScriptOptions(privilege: privilege, lane: .slow, timeout: .seconds(3900))))
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
