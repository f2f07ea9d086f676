import LabTraits
import Testing

@testable import Lab

@Suite(.labOfItsOwn) struct PoolTests {
    @Test func aHostServesOneTestAtATimeAndIsAsNewForTheNext() async throws {
        let pool = HostPool(size: 1)
        let users = Users()
        try await withThrowingTaskGroup { group in
            for _ in 1...3 {
                group.addTask {
                    try await pool.withHosts(1) { hosts in
                        #expect(await users.enter() == 1)
                        let marked = try await hosts[0].inspect("mkdir /etc/mark")
                        #expect(marked.exit == .status(0))
                        await users.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        try await pool.end()
    }

    @Test func aTestThatWaitsForHostsCanBeCancelled() async throws {
        let pool = HostPool(size: 1)
        try await pool.withHosts(1) { _ in
            let waiting = Task { try await pool.withHosts(1) { _ in Issue.record("it had none") } }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        // The host is not lost.
        try await pool.withHosts(1) { #expect($0.count == 1) }
        try await pool.end()
    }

    @Test func moreHostsThanThePoolHasAreALabOfTheirOwn() async throws {
        let pool = HostPool(size: 1)
        try await pool.withHosts(2) { #expect($0.count == 2) }
        try await pool.end()
    }
}

/// How many there are at the same time.
private actor Users {
    private var count = 0

    func enter() -> Int {
        count += 1
        return count
    }

    func leave() {
        count -= 1
    }
}
