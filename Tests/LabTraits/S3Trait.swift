internal import Lab
public import Testing

/// Skips a test that needs the S3 server where this machine cannot run one, by name and counted;
/// with `LAB_REQUIRED=1` it fails.
public struct S3Trait: TestTrait, SuiteTrait, TestScoping {
    public var isRecursive: Bool { true }

    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        if let obstacle = await S3Lab.obstacle {
            return try Skips.skip(test, "no S3 server: \(obstacle)")
        }
        try await function()
    }

    /// Skips the case that runs, of a test whose other cases need no server.
    public static func require() async throws {
        guard let test = Test.current, let obstacle = await S3Lab.obstacle else { return }
        try Skips.skip(test, "no S3 server: \(obstacle)")
    }
}

extension Trait where Self == S3Trait {
    /// The test talks to `S3Lab.shared`, or starts an `S3Lab` of its own.
    public static var s3: Self { S3Trait() }
}
