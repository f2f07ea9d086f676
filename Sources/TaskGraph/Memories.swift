import Synchronization

/// Which tasks changed something in this run. The run's loop and performers write it; they read
/// of it what lies before them, which no longer changes.
final class ChangeMemory: Sendable {
    private struct State {
        var changed: [Bool]
        var hasChangeBefore: [Bool]
    }

    private let wiring: Wiring
    private let state: Mutex<State>

    init(wiring: Wiring) {
        self.wiring = wiring
        let none = [Bool](repeating: false, count: wiring.nodeCount)
        state = Mutex(State(changed: none, hasChangeBefore: none))
    }

    func noteChange(of node: Int) {
        state.withLock { $0.changed[node] = true }
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
}

/// What tasks put out for those that depend on them.
final class OutputMemory<Output: Sendable>: Sendable {
    private let wiring: Wiring
    private let outputs = Mutex<[Int: Output]>([:])

    init(wiring: Wiring) {
        self.wiring = wiring
    }

    func keep(_ output: Output, of node: Int) {
        outputs.withLock { $0[node] = output }
    }

    func outputs(for node: Int) -> [TaskID: Output] {
        let before = wiring.neighbours(of: node, .before)
        return outputs.withLock { outputs in
            var found: [TaskID: Output] = [:]
            for node in before { found[wiring.ids[node]] = outputs[node] }
            return found
        }
    }

    var all: [TaskID: Output] {
        let outputs = outputs.withLock { $0 }
        return Dictionary(uniqueKeysWithValues: outputs.map { (wiring.ids[$0.key], $0.value) })
    }
}
