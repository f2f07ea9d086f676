import Hosts
import Loop

/// Where something waits until a test lets it go on.
struct Gate: Sendable {
    private let arrivals = AsyncStream<Void>.makeStream()
    private let openings = AsyncStream<Void>.makeStream()

    func pass() async {
        arrivals.continuation.yield()
        for await _ in openings.stream {}
    }

    /// Until somebody waits at it.
    func reached() async {
        for await _ in arrivals.stream { return }
    }

    /// For good.
    func open() { openings.continuation.finish() }
}

/// A transport that opens its channels, or gives out what it has read, only when its gate is open.
struct GatedTransport: Transport {
    enum Point { case opening, reading }

    let base: any Transport
    let gate: Gate
    let point: Point

    var loop: EventLoop { base.loop }
    var isRoot: Bool { base.isRoot }

    func open(_ words: [String]) async throws -> any ByteChannel {
        if point == .opening { await gate.pass() }
        let channel = try await base.open(words)
        return point == .reading ? GatedChannel(base: channel, gate: gate) : channel
    }

    func close() async { await base.close() }
}

private struct GatedChannel: ByteChannel {
    let base: any ByteChannel
    let gate: Gate

    func write(_ bytes: [UInt8]) async throws { try await base.write(bytes) }
    func closeInput() async throws { try await base.closeInput() }
    func exit() async throws -> ProgramExit { try await base.exit() }
    func close() async { await base.close() }

    func read() async throws -> ChannelChunk? {
        let chunk = try await base.read()
        await gate.pass()
        return chunk
    }
}
