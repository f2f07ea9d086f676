public import Lab
public import Testing

/// Skips a test that a fact of the machine makes meaningless, by the fact's name.
public struct MachineFactTrait: TestTrait, SuiteTrait, TestScoping {
    let fact: MachineFact

    public var isRecursive: Bool { true }

    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard await fact.holds else { return try await function() }
        let reason = "\(fact.rawValue): \(fact.explanation)"
        Skips.note(test.name, reason)
        try Test.cancel(Comment(rawValue: reason), sourceLocation: test.sourceLocation)
    }
}

extension Trait where Self == MachineFactTrait {
    /// Skips the test where `fact` holds, also where nothing else may be skipped. Put before
    /// `.hosts(_:)` it spares the hosts.
    public static func unless(_ fact: MachineFact) -> Self { MachineFactTrait(fact: fact) }
}

extension MachineFact {
    /// For a check inside a test that goes on without it: true, and counted with the skipped
    /// tests, where the fact holds.
    public func excuses(_ check: String) async -> Bool {
        guard await holds else { return false }
        Skips.note(check, "\(rawValue): \(explanation)")
        return true
    }
}
