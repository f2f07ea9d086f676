internal import Lab
public import Testing

/// Skips a test that needs a PostgreSQL server of its own where this machine cannot run one, by
/// name and counted; with `LAB_REQUIRED=1` it fails.
public struct PostgresTrait: TestTrait, SuiteTrait, TestScoping {
    public var isRecursive: Bool { true }

    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        if let obstacle = PostgresLab.obstacle {
            return try Skips.skip(test, "no PostgreSQL server of its own: \(obstacle)")
        }
        try await function()
    }
}

extension Trait where Self == PostgresTrait {
    /// The test starts a `PostgresLab`, or uses the shared one.
    public static var postgres: Self { PostgresTrait() }
}
