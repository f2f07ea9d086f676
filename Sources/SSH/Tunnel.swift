internal import CLibSSH2
internal import CLinux
internal import Glibc
internal import Loop

/// Carries the bytes of one connection over a channel of another.
///
/// libssh2 wants a socket: it gets one end of a pair, and this moves what comes out of the other.
/// Both connections and this share a loop, so that nothing crosses threads.
actor Tunnel {
    private nonisolated let loop: EventLoop
    private let through: SSHConnection
    private var tasks: [Task<Void, Never>] = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(through: SSHConnection) {
        self.through = through
        loop = through.loop
    }

    /// - Returns: The socket on which `target` is heard; its owner closes it.
    func open(to target: SSHTarget) async throws -> Int32 {
        let channel = try await through.forward(to: target)
        var ends: [Int32] = [-1, -1]
        guard clinux_socket_pair(&ends) == 0 else {
            throw SSHError.unreachable(
                address: target.address, reason: SystemError(errno, in: "socketpair").reason)
        }
        let stream: SocketStream
        do {
            stream = try SocketStream(adopting: ends[1], on: loop)
        } catch {
            Glibc.close(ends[0])
            throw error
        }
        tasks = [
            Task { await Self.move(from: channel, to: stream) },
            Task { await Self.move(from: stream, to: channel) },
        ]
        return ends[0]
    }

    func close() async {
        for task in tasks { task.cancel() }
        tasks = []
        await through.close()
    }

    deinit {
        for task in tasks { task.cancel() }
    }

    // An error of either side ends both: the connection inside learns it as a closed socket.

    private static func move(from channel: SSHChannel, to stream: SocketStream) async {
        do {
            while let chunk = try await channel.read() {
                if case .output(let bytes) = chunk { try await stream.write(bytes) }
            }
        } catch {
            await channel.close()
        }
        await stream.close()
    }

    private static func move(from stream: SocketStream, to channel: SSHChannel) async {
        do {
            while let bytes = try await stream.read() { try await channel.write(bytes) }
        } catch {
            await stream.close()
        }
        await channel.close()
    }
}

extension SSHConnection {
    /// A channel to where the host at the other end connects on our behalf (RFC 4254 §7.2).
    fileprivate func forward(to target: SSHTarget) async throws -> SSHChannel {
        let port = Int32(target.port)
        do {
            let number = try await openChannel(within: target.timeouts.connect) { session in
                libssh2_channel_direct_tcpip_ex(session, target.host, port, "127.0.0.1", 0)
            }
            return SSHChannel(connection: self, number: number)
        } catch SSHError.channelRefused(let jump, let reason) {
            throw SSHError.unreachable(
                address: target.address, reason: "\(jump) cannot connect to it (\(reason))")
        } catch SSHError.timedOut(.exec, _, let after) {
            // The jump host answers only when it has connected, or has not.
            throw SSHError.timedOut(.connect, address: target.address, after: after)
        }
    }
}

/// A stream socket as something to read and write.
actor SocketStream {
    private nonisolated let loop: EventLoop
    private var socket: Descriptor?
    private let readable: LoopEvent
    private let writable: LoopEvent

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// On `loop`.
    init(adopting number: Int32, on loop: EventLoop) throws(SystemError) {
        let (readable, writable) = (LoopEvent(on: loop), LoopEvent(on: loop))
        self.loop = loop
        self.readable = readable
        self.writable = writable
        socket = try Descriptor(adopting: number, on: loop) {
            if $0.contains(.readable) { readable.fire() }
            if $0.contains(.writable) { writable.fire() }
        }
    }

    /// `nil` at the end.
    func read() async throws -> [UInt8]? {
        while true {
            guard let number = socket?.number else { return nil }
            var result = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                result = recv(number, buffer.baseAddress, buffer.count, 0)
                count = max(0, result)
            }
            if result > 0 { return bytes }
            if result == 0 { return nil }
            guard errno == EAGAIN else { throw SystemError(errno, in: "recv") }
            try await readable.wait()
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        var written = 0
        while written < bytes.count {
            guard let number = socket?.number else { throw InputClosedError() }
            let count = bytes.withUnsafeBytes {
                send(
                    number, $0.baseAddress?.advanced(by: written), $0.count - written,
                    Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                written += count
            } else if errno == EAGAIN {
                try await writable.wait()
            } else {
                throw SystemError(errno, in: "send")
            }
        }
    }

    func close() {
        socket = nil
        readable.fire()
        writable.fire()
    }
}
