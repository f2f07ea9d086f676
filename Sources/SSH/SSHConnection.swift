internal import CLibSSH2
internal import Glibc
public import Loop

/// An authenticated connection to a host, on which programs run and files are transferred.
///
/// Pinned to one event loop; any number of callers may use it at the same time. At most
/// ``channelLimit`` channels are open at once, further ones wait for their turn.
public actor SSHConnection {
    /// OpenSSH's `MaxSessions` is 10. Two stay free: one for the keep-alive's question, one for
    /// a channel that the host has not closed yet.
    public static let channelLimit = 8

    public nonisolated let target: SSHTarget
    /// Serves the connection and its channels.
    public nonisolated let loop: EventLoop

    // Working state, for the extensions in this folder.
    var handle: SessionHandle?
    var socket: Descriptor?
    /// What carries the socket's bytes when the host is reached through another.
    var tunnel: Tunnel?
    var phase = SSHError.Phase.handshake
    /// Why nothing can be done any more.
    var failure: SSHError?
    /// The socket has become ready, for whoever does not stand in `operations`.
    let activity: LoopEvent
    /// The session is in the hands of a thread of the pool: nothing here may touch it.
    var isLent = false
    var operations: [Operation] = []
    var halfSent: Operation?
    var maySend = false
    var isPumping = false
    var edges: UInt64 = 1
    var nextOperation = 0
    var channels: [Int: ChannelState] = [:]
    var nextChannel = 0
    let slots: Turnstile
    /// libssh2 keeps the state of an opening channel in the session: one at a time.
    let opening: Turnstile
    /// One request on a channel waits for its answer at a time: libssh2 1.10 fails the request
    /// that happens to read another channel's answer (`_libssh2_packet_requirev`).
    let requesting: Turnstile
    /// The same for an SFTP session and its files.
    let transferring: Turnstile
    var sftp: SFTPState?
    let scratch = ScratchBuffer(size: 256 << 10)
    var keepAlive = KeepAlive()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    init(target: SSHTarget, loop: EventLoop) {
        self.target = target
        self.loop = loop
        activity = LoopEvent(on: loop)
        slots = Turnstile(places: SSHConnection.channelLimit, on: loop)
        opening = Turnstile(places: 1, on: loop)
        requesting = Turnstile(places: 1, on: loop)
        transferring = Turnstile(places: 1, on: loop)
    }

    isolated deinit {
        end(.closed)
    }

    /// Whether the connection can still be used, as far as is known.
    public var isOpen: Bool { failure == nil }

    /// Ends the connection at once. Whoever waits for something of it gets `SSHError.closed`.
    public func close() async {
        let tunnel = tunnel
        end(.closed)
        await tunnel?.close()
    }

    /// Nothing more can be done, for this reason: everybody who waits learns it.
    func end(_ reason: SSHError) {
        guard failure == nil else { return }
        failure = reason
        keepAlive.timer.map(loop.cancel)
        let left = operations
        operations = []
        halfSent = nil
        for operation in left { operation.finish(reason) }
        for turnstile in [slots, opening, requesting, transferring] {
            turnstile.shut(throwing: reason)
        }
        // Children before the session, the session before its socket.
        handle?.cut()
        sftp?.release()
        sftp = nil
        channels = [:]
        handle = nil
        socket = nil
        tunnel = nil
    }
}

/// Memory for what C functions fill, of which the results are copied out.
final class ScratchBuffer {
    let memory: UnsafeMutableBufferPointer<CChar>

    init(size: Int) {
        memory = .allocate(capacity: size)
    }

    deinit {
        memory.deallocate()
    }

    func copy(_ count: Int) -> [UInt8] {
        [UInt8](UnsafeRawBufferPointer(memory).prefix(count))
    }
}
