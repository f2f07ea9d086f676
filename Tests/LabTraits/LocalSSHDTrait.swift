public import Lab
public import Testing

/// Skips a test that needs a plain sshd where this machine cannot run one, by name and counted;
/// with `LAB_REQUIRED=1` it fails.
public struct LocalSSHDTrait: TestTrait, SuiteTrait, TestScoping {
    public var isRecursive: Bool { true }

    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        if let obstacle = LocalSSHD.obstacle {
            return try Skips.skip(test, "no sshd of its own: \(obstacle)")
        }
        try await function()
    }
}

extension Trait where Self == LocalSSHDTrait {
    /// The test starts `LocalSSHD`s.
    public static var localSSHD: Self { LocalSSHDTrait() }
}

extension LocalSSHD {
    /// For checks that go on without a server: true, and counted with the skipped tests, where
    /// there can be none. Never true where nothing may be skipped.
    public static func excuses(_ check: String) -> Bool {
        guard !Skips.areFailures, let obstacle else { return false }
        Skips.note(check, "no sshd of its own: \(obstacle)")
        return true
    }
}
