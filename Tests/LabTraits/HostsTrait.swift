public import Lab
public import Testing

/// Gives a test hosts of its own, as new, from the pool that the process's tests share.
///
/// ```swift
/// @Test(.hosts(2)) func twoHostsReachEachOther() async throws {
///     let hosts = LabHost.leased
/// ```
///
/// Where the machine cannot run hosts the test is skipped, with what is missing; with
/// `LAB_REQUIRED=1` it fails.
public struct HostsTrait: TestTrait, SuiteTrait, TestScoping {
    /// From the pool; `nil` for a test that starts its hosts by itself.
    let count: Int?

    public var isRecursive: Bool { true }

    @concurrent
    public func provideScope(
        for test: Test, testCase: Test.Case?,
        performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        let missing = await Lab.missing
        guard missing.isEmpty else {
            return try Skips.skip(test, "no lab hosts: \(missing.joined(separator: "; "))")
        }
        guard let count else { return try await function() }
        try await HostPool.shared.withHosts(count) { hosts in
            try await LabHost.$leased.withValue(hosts) { try await function() }
        }
    }
}

extension Trait where Self == HostsTrait {
    /// The test or each test of the suite gets this many hosts: `LabHost.leased`.
    public static func hosts(_ count: Int) -> Self { HostsTrait(count: count) }

    /// The test takes a `LabLease` by itself.
    public static var labOfItsOwn: Self { HostsTrait(count: nil) }
}

extension LabHost {
    /// The hosts that the running test asked for with `.hosts(_:)`.
    @TaskLocal public static var leased: [LabHost] = []
}
