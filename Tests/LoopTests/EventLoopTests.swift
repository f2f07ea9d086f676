import Glibc
import Synchronization
import Testing

@testable import Loop

@Suite struct EventLoopTests {
    @Test func anActorPinnedToALoopRunsOnItAlsoInHelpersAndAfterWaiting() async {
        let actor = Pinned()
        #expect(await actor.isOnLoop())
    }

    @Test func sharedLoopsTakeTurns() {
        let loops = EventLoops(count: 3)
        let taken = (0..<6).map { _ in ObjectIdentifier(loops.next()) }
        #expect(Set(taken).count == 3)
        #expect(taken[..<3] == taken[3...])
    }

    @Test func postedBlocksRunInOrder() async {
        let loop = EventLoops.shared.next()
        let seen = Mutex<[Int]>([])
        await withCheckedContinuation { continuation in
            for number in 0..<1000 {
                loop.post { seen.withLock { $0.append(number) } }
            }
            loop.post { continuation.resume() }
        }
        #expect(seen.withLock { $0 } == Array(0..<1000))
    }

    @Test func timersFireInTheOrderOfTheirDeadlinesAndCancelledOnesNever() async {
        #expect(await Pinned().timerOrder() == [1, 2, 3])
    }

    @Test func anEventThatHappenedBeforeItIsWaitedForIsNotLost() async throws {
        try await Pinned().fireThenWait()
    }

    @Test func waitingForAnEventEndsWithItsDeadline() async throws {
        await #expect(throws: TimeoutError.self) {
            try await Pinned().waitInVain(until: .now + .milliseconds(1))
        }
    }

    @Test func waitingForAnEventEndsWithItsTask() async throws {
        let waiting = Task { try await Pinned().waitInVain(until: nil) }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await waiting.value }
    }

    @Test func aTurnstileLetsInAsManyAsItHasPlacesAndInOrder() async throws {
        let one = try await Pinned().passTurnstile(places: 1, visitors: 20)
        #expect(one.entered == Array(0..<20))
        #expect(one.most == 1)
        // Two that were let in together may speak in either order.
        let two = try await Pinned().passTurnstile(places: 2, visitors: 20)
        #expect(two.entered.sorted() == Array(0..<20))
        #expect(two.most == 2)
    }
}

private actor Pinned {
    private nonisolated let loop = EventLoops.shared.next()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func isOnLoop() async -> Bool {
        let before = loop.isCurrent
        let inHelper = await helper(loop)
        await Task.yield()
        return before && inHelper && loop.isCurrent
    }

    func timerOrder() async -> [Int] {
        let now = ContinuousClock.now
        await withCheckedContinuation { continuation in
            let note = { @Sendable (number: Int) in
                self.assumeIsolated { $0.fired.append(number) }
            }
            _ = loop.schedule(at: now + .milliseconds(6)) {
                note(3)
                continuation.resume()
            }
            _ = loop.schedule(at: now + .milliseconds(2)) { note(1) }
            let cancelled = loop.schedule(at: now + .milliseconds(3)) { note(99) }
            _ = loop.schedule(at: now + .milliseconds(4)) { note(2) }
            loop.cancel(cancelled)
        }
        return fired
    }

    func fireThenWait() async throws {
        let event = LoopEvent(on: loop)
        event.fire()
        try await event.wait()
    }

    func waitInVain(until deadline: ContinuousClock.Instant?) async throws {
        try await LoopEvent(on: loop).wait(until: deadline)
    }

    private var fired: [Int] = []
    private var inside = 0
    private var most = 0
    private var entered: [Int] = []

    func passTurnstile(places: Int, visitors: Int) async throws -> (entered: [Int], most: Int) {
        let turnstile = Turnstile(places: places, on: loop)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<visitors {
                group.addTask { try await self.visit(turnstile, number) }
            }
            try await group.waitForAll()
        }
        return (entered, most)
    }

    private func visit(_ turnstile: Turnstile, _ number: Int) async throws {
        try await turnstile.enter()
        entered.append(number)
        inside += 1
        most = max(most, inside)
        await Task.yield()
        inside -= 1
        turnstile.leave()
    }
}

private func helper(_ loop: EventLoop) async -> Bool {
    loop.isCurrent
}
