import CLinux
import Glibc
import Testing

@testable import Loop

@Suite struct BorrowedDescriptorTests {
    @Test func theHandlerIsCalledForAsLongAsWhatIsWantedHolds() async throws {
        #expect(try await Borrower().countWhileUnread(calls: 5) == 5)
    }

    @Test func whatIsNotWantedIsNotTold() async throws {
        #expect(try await Borrower().toldAfterWanting([]) == [])
        #expect(try await Borrower().toldAfterWanting(.readable) == .readable)
        #expect(try await Borrower().toldAfterWanting(.writable) == .writable)
    }

    @Test func aDescriptorThatIsHungUpIsLeftAloneWhileNothingIsWanted() async throws {
        #expect(try await Borrower().toldOfHangUp(wanting: []) == [])
        #expect(try await Borrower().toldOfHangUp(wanting: .readable).contains(.readable))
    }
}

/// Owns a pair of sockets, of which it lets the loop watch one.
private actor Borrower {
    private nonisolated let loop = EventLoops.shared.next()
    private var ends: [Int32] = [-1, -1]
    private var calls = 0
    private var told: Readiness = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func countWhileUnread(calls wanted: Int) async throws -> Int {
        let watched = try watch(.readable)
        while calls < wanted { try await turn() }
        let counted = min(calls, wanted)
        watched.stop()
        close()
        return counted
    }

    func toldAfterWanting(_ wanted: Readiness) async throws -> Readiness {
        let watched = try watch(.readable)
        try watched.want(wanted)
        for _ in 0..<10 { try await turn() }
        watched.stop()
        close()
        return told
    }

    func toldOfHangUp(wanting wanted: Readiness) async throws -> Readiness {
        let watched = try watch([])
        Glibc.close(ends[1])
        ends[1] = -1
        try watched.want(wanted)
        for _ in 0..<10 { try await turn() }
        watched.stop()
        close()
        return told
    }

    /// There is a byte to be read, and nobody reads it.
    private func watch(_ wanted: Readiness) throws -> BorrowedDescriptor {
        try #require(clinux_socket_pair(&ends) == 0)
        try #require(write(ends[1], [1], 1) == 1)
        let watched = BorrowedDescriptor(ends[0], on: loop) { readiness in
            self.assumeIsolated {
                $0.calls += 1
                $0.told.formUnion(readiness)
            }
        }
        try watched.want(wanted)
        return watched
    }

    /// Lets the loop look at its descriptors once.
    private func turn() async throws {
        let event = LoopEvent(on: loop)
        _ = loop.schedule(at: .now) { event.fire() }
        try await event.wait()
    }

    private func close() {
        for end in ends where end >= 0 { Glibc.close(end) }
    }
}
