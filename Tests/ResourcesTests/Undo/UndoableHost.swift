import Hosts
import Resources
import Schema
import Testing
import Vocabulary

/// Makes changes and remembers how they are put back, as a journal would.
protocol UndoableHost {
    func planned(_ resource: any Resource) async throws -> ResourcePlan
    func performed(_ plan: ResourcePlan) async throws
}

extension UndoableHost {
    /// Applies the resource.
    ///
    /// - Returns: How that is put back, as a journal holds it: a line of JSON for each step.
    func change(
        _ resource: any Resource, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [String] {
        let plan = try await planned(resource)
        #expect(!plan.changes.isEmpty, sourceLocation: sourceLocation)
        try await performed(plan)
        let second = try await planned(resource)
        #expect(
            second.changes.isEmpty || resource.isOnlyForHandlers,
            "a second plan has changes: \(second.changes)", sourceLocation: sourceLocation)
        return plan.undo.map { $0.json.line }
    }

    /// Goes through the steps from their end, each of which must find what the change left.
    ///
    /// - Returns: How *that* is put back.
    @discardableResult
    func undo(
        _ lines: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [String] {
        var again: [String] = []
        for line in lines.reversed() {
            let step = try #require(UndoStep(JSON(parsing: line)), sourceLocation: sourceLocation)
            let before = try step.before.resource(at: somewhere)
            // A removed account takes its own group with it: then that is as before already.
            let isAlready = try await planned(before).changes.isEmpty
            if !before.isOnlyForHandlers, !isAlready {
                let left = try await planned(step.left.resource(at: somewhere))
                #expect(
                    left.changes.isEmpty, "\(step.left.json.line) does not hold: \(left.changes)",
                    sourceLocation: sourceLocation)
            }
            let plan = try await planned(before)
            try await performed(plan)
            if !before.isOnlyForHandlers {
                let second = try await planned(before)
                #expect(
                    second.changes.isEmpty, "\(line) is not put back: \(second.changes)",
                    sourceLocation: sourceLocation)
            }
            again += plan.undo.map { $0.json.line }
        }
        return again
    }
}

extension TestHost: UndoableHost {
    func planned(_ resource: any Resource) async throws -> ResourcePlan {
        try await plan(resource, TestFiles(state: stateDirectory))
    }

    func performed(_ plan: ResourcePlan) async throws { try await perform(plan) }
}

extension TestSession: UndoableHost {
    func planned(_ resource: any Resource) async throws -> ResourcePlan { try await plan(resource) }

    func performed(_ plan: ResourcePlan) async throws { try await perform(plan) }
}
