import Loop

/// How many tests work with databases at a time: each of them runs half a dozen programs, and
/// with more of them than processors nobody answers in time.
actor Places {
    static let shared = Places(3)

    private let loop: EventLoop
    private let turnstile: Turnstile

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private init(_ count: Int) {
        loop = EventLoops.shared.next()
        turnstile = Turnstile(places: count, on: loop)
    }

    /// Runs `body` when there is a place.
    nonisolated func with(_ body: () async throws -> Void) async throws {
        try await enter()
        do {
            try await body()
            await leave()
        } catch {
            await leave()
            throw error
        }
    }

    private func enter() async throws { try await turnstile.enter() }

    private func leave() { turnstile.leave() }
}
