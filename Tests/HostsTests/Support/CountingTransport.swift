import Hosts
import Loop
import Synchronization

/// What went over a transport.
final class TransportCounts: Sendable {
    private let numbers = Mutex((opened: [[String]](), writes: 0))

    /// The programs that were started.
    var opened: [[String]] { numbers.withLock { $0.opened } }
    /// How often something was written: at most as many round trips.
    var writes: Int { numbers.withLock { $0.writes } }

    fileprivate func open(_ words: [String]) { numbers.withLock { $0.opened.append(words) } }
    fileprivate func write() { numbers.withLock { $0.writes += 1 } }
}

struct CountingTransport: Transport {
    let base: any Transport
    let counts = TransportCounts()

    init(_ base: any Transport) {
        self.base = base
    }

    var loop: EventLoop { base.loop }
    var isRoot: Bool { base.isRoot }

    func open(_ words: [String]) async throws -> any ByteChannel {
        counts.open(words)
        return CountingChannel(base: try await base.open(words), counts: counts)
    }

    func close() async {
        await base.close()
    }
}

private struct CountingChannel: ByteChannel {
    let base: any ByteChannel
    let counts: TransportCounts

    func write(_ bytes: [UInt8]) async throws {
        counts.write()
        try await base.write(bytes)
    }

    func closeInput() async throws { try await base.closeInput() }
    func read() async throws -> ChannelChunk? { try await base.read() }
    func exit() async throws -> ProgramExit { try await base.exit() }
    func close() async { await base.close() }
}

/// This machine with another program as its `sh`.
struct ShellTransport: Transport {
    let shell: [String]
    private let base = LocalTransport()

    init(_ shell: [String]) {
        self.shell = shell
    }

    var loop: EventLoop { base.loop }
    var isRoot: Bool { true }

    func open(_ words: [String]) async throws -> any ByteChannel {
        try await base.open(words.flatMap { $0 == "sh" ? shell : [$0] })
    }

    func close() async {}
}
