internal import CLibPQ
internal import Glibc
internal import Loop

extension PostgresConnection {
    /// Watches the socket that libpq has at present. A duplicate of its descriptor, because
    /// libpq closes its own whenever it likes.
    func watch(_ connection: OpaquePointer) throws(PostgresError) {
        socket = nil
        let number = PQsocket(connection)
        guard number >= 0 else { throw lost(connection) }
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        do {
            guard copy >= 0 else { throw SystemError(errno, in: "fcntl") }
            socket = try Descriptor(adopting: copy, on: loop) { [weak self] readiness in
                self?.assumeIsolated { $0.became(readiness) }
            }
        } catch {
            throw PostgresError.lost("\(error)", server: server)
        }
    }

    private func became(_ readiness: Readiness) {
        activity.fire()
        // Nobody asks for anything, and the server ends the session.
        guard readiness.contains(.ended), !isBusy, let connection = try? connection else { return }
        PQconsumeInput(connection)
        if PQstatus(connection) == CONNECTION_BAD { _ = lost(connection) }
    }

    /// Returns when the socket can do one of `events`.
    ///
    /// - Throws: `TimeoutError` at `deadline`, `CancellationError`, the connection's failure.
    func wait(
        for events: Int32, until deadline: ContinuousClock.Instant? = nil
    ) async throws {
        while true {
            try Task.checkCancellation()
            // Also of a server that never stops talking.
            if let deadline, deadline < .now { throw TimeoutError() }
            let connection = try connection
            if isReady(connection, events) {
                readyAtOnce += 1
                // A fast peer keeps nobody else from the loop.
                if readyAtOnce % 8 == 0 { await Task.yield() }
                return
            }
            readyAtOnce = 0
            try await activity.wait(until: deadline)
        }
    }

    /// Asks the kernel, because libpq does not read until there is nothing more, as epoll's
    /// edges want it.
    func isReady(_ connection: OpaquePointer, _ events: Int32) -> Bool {
        if events & POLLIN != 0, finflow_pq_decrypted(connection) > 0 { return true }
        var request = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
        // A socket that is gone is ready: the next call of libpq says so.
        return request.fd < 0 || poll(&request, 1, 0) > 0
    }

    /// Waits for something of the server and takes it in.
    func receive(until deadline: ContinuousClock.Instant? = nil) async throws {
        try await wait(for: POLLIN, until: deadline)
        try takeIn()
    }

    func takeIn() throws(PostgresError) {
        let connection = try connection
        guard PQconsumeInput(connection) == 0 else { return }
        // The server may have said why before it left; a result then holds it.
        if PQisBusy(connection) == 0 { return }
        throw lost(connection)
    }

    /// Sends all that libpq keeps to be sent.
    func flush(until deadline: ContinuousClock.Instant? = nil) async throws {
        while true {
            let connection = try connection
            switch PQflush(connection) {
            case 0: return
            case 1:
                try await wait(for: POLLIN | POLLOUT, until: deadline)
                // A server that cannot get rid of what it says does not listen either.
                if isReady(connection, POLLIN) { try takeIn() }
            default: throw lost(connection)
            }
        }
    }
}
