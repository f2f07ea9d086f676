internal import CLibPQ
internal import Loop

// A statement whose caller has left, by an error or because it was cancelled, is cancelled on the
// server, and what it still says is read to its end: then the connection is idle. If that does
// not come about in time the connection is closed. There is no third state.
extension PostgresConnection {
    /// How long a server has for ending a statement that is cancelled.
    static let patience = Duration.seconds(10)

    func settle() async {
        guard let connection = try? connection else { return }
        if PQstatus(connection) == CONNECTION_BAD {
            _ = lost(connection)
        } else if PQtransactionStatus(connection) == PQTRANS_ACTIVE {
            // A task of its own, because this one may be cancelled, and is waited for.
            await Task { await cancelStatement() }.value
        }
    }

    private func cancelStatement() async {
        let deadline = ContinuousClock.now + Self.patience
        do {
            var request = try requestCancel()
            var pause = Duration.milliseconds(100)
            while !(try await drained(until: min(.now + pause, deadline))) {
                // A request is lost on a server that has not begun with the statement.
                guard ContinuousClock.now < deadline else { throw TimeoutError() }
                try await request.wait(until: deadline)
                request = try requestCancel()
                pause *= 2
            }
            // Not before the request was taken: it would hit the next statement.
            try await request.wait(until: deadline)
        } catch {
            let unsettled = PostgresError.lost("a cancelled statement does not end", server: server)
            end(error as? PostgresError ?? unsettled)
        }
    }

    private func drained(until deadline: ContinuousClock.Instant) async throws -> Bool {
        do {
            try await drain(until: deadline)
            return true
        } catch is TimeoutError {
            return false
        }
    }

    /// Asks the server to cancel what it does; the event happens when that was taken.
    @discardableResult
    func requestCancel() throws -> LoopEvent {
        let done = LoopEvent(on: loop)
        let request = CancelRequest(of: try connection)
        // Unstructured: libpq's call blocks, for as long as the network does, and the connection
        // need not wait for that if it is given up.
        Task { [loop] in
            await BlockingPool.shared.run { request?.send() }
            loop.post { done.fire() }
        }
        return done
    }

    /// Reads all that the statement under way still says, and drops it.
    private func drain(until deadline: ContinuousClock.Instant) async throws {
        while true {
            // What is left to be sent may be what the server waits for.
            try await flush(until: deadline)
            guard let result = try await nextResult(until: deadline) else { return }
            switch result.status {
            case PGRES_COPY_IN:
                // See `startCopy`: what comes now cannot be told apart. Only a COPY that was not
                // meant as one gets here.
                if isExtended { throw PostgresError.isCopy }
                guard PQputCopyEnd(try connection, "cancelled") == 1 else {
                    throw lost(try connection)
                }
            case PGRES_COPY_OUT: try await dropCopy(until: deadline)
            default: break
            }
        }
    }

    private func dropCopy(until deadline: ContinuousClock.Instant) async throws {
        while true {
            var bytes: UnsafeMutablePointer<CChar>?
            switch PQgetCopyData(try connection, &bytes, 1) {
            case 0: try await receive(until: deadline)
            case -1: return
            case -2: throw lost(try connection)
            default: PQfreemem(bytes)
            }
        }
    }
}

/// What a server needs to cancel a session's statement. It is sent on a connection of its own.
// Unchecked: libpq's documentation (34.7) says that the structure is read-only and may be used in
// another thread than the connection; it is freed once, here.
private final class CancelRequest: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(of connection: OpaquePointer) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        self.pointer = pointer
    }

    /// Returns when the server has taken it, or did not: it does not tell.
    func send() {
        var reason = [CChar](repeating: 0, count: 256)
        PQcancel(pointer, &reason, Int32(reason.count))
    }

    deinit {
        PQfreeCancel(pointer)
    }
}
