public import Loop

/// How many parts may be under way at once, of all the uploads that share it: each of these then
/// fills one part, and waits with it for its turn.
public actor S3PartPlaces {
    private nonisolated let loop: EventLoop
    private let turns: Turnstile

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    public init(_ count: Int, on loop: EventLoop = EventLoops.shared.next()) {
        self.loop = loop
        turns = Turnstile(places: max(1, count), on: loop)
    }

    /// - Throws: `CancellationError`; else it is to be answered by ``leave()``.
    func enter() async throws {
        try await turns.enter()
    }

    func leave() {
        turns.leave()
    }
}
