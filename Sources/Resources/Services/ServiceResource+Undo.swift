import Hosts
import Vocabulary

extension ServiceResource {
    /// How a change of what is not `nil` is put back.
    static func undo(
        of unit: String, _ scope: UnitScope, from observed: UnitState, state: State? = nil,
        enabled: Bool? = nil, masked: Bool? = nil
    ) -> [UndoStep] {
        func spec(_ fields: [(String, JSON?)]) -> ResourceSpec {
            ResourceSpec(
                "service",
                compact: [("name", .string(unit)), ("user", scope == .user ? true : nil)] + fields)
        }
        // What is masked can be neither enabled nor started: it is unmasked first, masked last.
        let masking = masked.flatMap { masked -> UndoStep? in
            masked == observed.isMasked
                ? nil
                : UndoStep(
                    left: spec([("masked", .bool(masked))]),
                    before: spec([("masked", .bool(observed.isMasked))]))
        }
        var steps: [UndoStep] = masked == true ? [] : [masking].compactMap(\.self)
        let wasEnabled = observed.isEnabled
        let (enabledChanges, stateChanges) = (
            enabled.map { !observed.isEnabled(as: $0) && $0 != wasEnabled } ?? false,
            state.map { ($0 == .running) != observed.isRunning } ?? false
        )
        let last = masked == true ? [masking].compactMap(\.self) : []
        guard enabledChanges || stateChanges else { return steps + last }
        steps.append(
            UndoStep(
                left: spec([
                    ("state", stateChanges ? state.map { .string($0.rawValue) } : nil),
                    ("enabled", enabledChanges ? enabled.map(JSON.bool) : nil),
                ]),
                before: spec([
                    (
                        "state",
                        stateChanges ? .string(observed.isRunning ? "running" : "stopped") : nil
                    ),
                    ("enabled", enabledChanges ? .bool(wasEnabled) : nil),
                ])))
        return steps + last
    }

    /// What is done once more after a configuration was put back.
    static func again(_ unit: String, _ scope: UnitScope, _ state: State) -> UndoStep {
        let spec = ResourceSpec(
            ServiceAgainResource.typeName,
            compact: [
                ("name", .string(unit)), ("user", scope == .user ? true : nil),
                ("state", .string(state.rawValue)),
            ])
        return UndoStep(left: spec, before: spec)
    }
}
