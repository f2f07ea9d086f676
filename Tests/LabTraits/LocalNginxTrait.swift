internal import Lab
public import Testing

/// Skips a test that needs an nginx where this machine has none, by name and counted; with
/// `LAB_REQUIRED=1` it fails.
public struct LocalNginxTrait: TestTrait, SuiteTrait, TestScoping {
    public var isRecursive: Bool { true }

    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        if let obstacle = LocalNginx.obstacle {
            return try Skips.skip(test, "no nginx of its own: \(obstacle)")
        }
        try await function()
    }
}

extension Trait where Self == LocalNginxTrait {
    /// The test starts a `LocalNginx`.
    public static var localNginx: Self { LocalNginxTrait() }
}
