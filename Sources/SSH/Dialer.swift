internal import CLinux
internal import Glibc
internal import Loop

/// Makes TCP connections on a loop.
actor Dialer {
    private nonisolated let loop: EventLoop

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(loop: EventLoop) {
        self.loop = loop
    }

    /// Connects to the first of the host's addresses that answers.
    ///
    /// - Returns: A connected, non-blocking socket that the caller owns.
    func connect(to target: SSHTarget) async throws -> Int32 {
        let limit = target.timeouts.connect
        let addresses = try await SocketAddress.resolve(
            target.host, port: target.port, within: limit)
        let deadline = ContinuousClock.now + limit
        var lastError = SSHError.nameUnknown(host: target.host, reason: "it has no address")
        for (index, address) in addresses.enumerated() {
            // What is left is shared, so that one silent address does not use it all up.
            let share = (deadline - .now) / (addresses.count - index)
            do {
                return try await connect(to: address, until: .now + share)
            } catch is TimeoutError {
                lastError = .timedOut(.connect, address: address.text, after: limit)
            } catch let error as SystemError where error.number == ECONNREFUSED {
                lastError = .refused(address: address.text)
            } catch let error as SystemError {
                lastError = .unreachable(address: address.text, reason: error.reason)
            }
        }
        throw lastError
    }

    private func connect(
        to address: SocketAddress, until deadline: ContinuousClock.Instant
    ) async throws -> Int32 {
        let number = clinux_stream_socket(address.family)
        guard number >= 0 else { throw SystemError(errno, in: "socket") }
        // Requests are small and answered: waiting for more to send only adds a delay.
        var yes: Int32 = 1
        setsockopt(
            number, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        // Before it is watched: a socket that has not begun to connect counts as hung up.
        let result = address.withSockaddr { Glibc.connect(number, $0, $1) }
        let code = result == 0 ? 0 : errno
        let connected = LoopEvent(on: loop)
        let socket = try Descriptor(adopting: number, on: loop) {
            if $0.contains(.writable) { connected.fire() }
        }
        if code == EINPROGRESS {
            try await connected.wait(until: deadline)
            let error = pendingError(of: number)
            guard error == 0 else { throw SystemError(error, in: "connect") }
        } else if code != 0 {
            throw SystemError(code, in: "connect")
        }
        return socket.release()
    }

    private func pendingError(of socket: Int32) -> Int32 {
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 else { return errno }
        return error
    }
}
