import Synchronization

/// What the tasks that are through came to. The run's loop writes it; performers read of it
/// what lies before them, which no longer changes.
final class RunMemory<Output: Sendable>: Sendable {
    private struct State {
        var changed: [Bool]
        var hasChangeBefore: [Bool]
        var outputs: [Int: Output] = [:]
    }

    private let wiring: Wiring
    private let state: Mutex<State>

    init(wiring: Wiring) {
        self.wiring = wiring
        let none = [Bool](repeating: false, count: wiring.nodeCount)
        state = Mutex(State(changed: none, hasChangeBefore: none))
    }

    func remember(_ outcome: TaskOutcome<Output>, of node: Int) {
        state.withLock { state in
            state.changed[node] = outcome.status == .changed
            state.outputs[node] = outcome.outputs
        }
    }

    /// Called once everything before the node is through, so each node adds its own
    /// dependencies up and none walks further back.
    func close(_ node: Int) {
        state.withLock { state in
            for (before, link) in wiring.incoming[node] where wiring.isBinding[link] {
                if state.changed[before] || state.hasChangeBefore[before] {
                    state.hasChangeBefore[node] = true
                    return
                }
            }
        }
    }

    func hasChange(before node: Int) -> Bool { state.withLock { $0.hasChangeBefore[node] } }

    func changes(before node: Int, directly: Bool) -> [TaskID] {
        let before = directly ? wiring.neighbours(of: node, .before) : wiring.ancestors(of: node)
        return state.withLock { state in before.filter { state.changed[$0] } }
            .sorted { wiring.priority[$0] < wiring.priority[$1] }
            .map { wiring.ids[$0] }
    }

    func outputs(for node: Int) -> [TaskID: Output] {
        let before = wiring.neighbours(of: node, .before)
        return state.withLock { state in
            var found: [TaskID: Output] = [:]
            for node in before { found[wiring.ids[node]] = state.outputs[node] }
            return found
        }
    }

    var allOutputs: [TaskID: Output] {
        let outputs = state.withLock { $0.outputs }
        return Dictionary(uniqueKeysWithValues: outputs.map { (wiring.ids[$0.key], $0.value) })
    }
}
