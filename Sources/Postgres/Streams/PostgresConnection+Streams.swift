internal import CLibPQ
internal import Loop

/// A statement whose rows or bytes are handed over piece by piece. It keeps its turn until it is
/// over, or until who reads it lets go of it.
struct OpenStream {
    let number: Int
    let scope: Scope
    /// `nil` when nobody reads it any more and it is being cancelled.
    var owner: Int?
    /// Of its rows, once the first has come.
    var columns: Columns?
    /// The server has sent all of it.
    var isOver = false
    /// Its reader is being given a piece.
    var isAdvancing = false
    /// What it belonged to is over.
    var isUnwanted = false
}

extension PostgresConnection {
    /// Takes a turn for a statement that `start` starts.
    func openStream(_ start: () async throws -> Void) async throws -> StreamLease {
        let scope = scope
        try await enter(scope)
        nextNumber += 1
        let number = nextNumber
        stream = OpenStream(number: number, scope: scope, owner: currentTaskID)
        do {
            try await settling(start)
        } catch {
            closeStream()
            throw error
        }
        return StreamLease(connection: self, number: number)
    }

    /// The next piece of a stream, from `body`; with `nil` or an error the stream is over and
    /// its turn too.
    func advance<Value: Sendable>(
        _ lease: StreamLease, _ body: () async throws -> Value?
    ) async throws -> Value? {
        if let failure { throw failure }
        guard stream?.number == lease.number else { return nil }
        stream?.isAdvancing = true
        do {
            let value = try await settling {
                try Task.checkCancellation()
                let value = try await body()
                if stream?.isUnwanted == true {
                    throw PostgresError.misuse("the transaction of these rows is over")
                }
                return value
            }
            stream?.isAdvancing = false
            if value == nil { closeStream() }
            return value
        } catch {
            closeStream()
            throw error
        }
    }

    func closeStream() {
        guard let stream else { return }
        self.stream = nil
        leave(stream.scope)
    }

    /// What is still being read or written inside of a transaction that ends.
    func abandonStream(of scope: Scope) async {
        guard let stream, stream.scope === scope, stream.owner != nil else { return }
        // Its reader waits at this moment: it learns of it.
        if stream.isAdvancing {
            self.stream?.isUnwanted = true
        } else {
            await abandon(stream.number)
        }
    }

    /// Nobody wants the rest of a stream.
    func abandon(_ number: Int) async {
        guard stream?.number == number else { return }
        stream?.owner = nil
        await settle()
        closeStream()
    }
}

/// The hold that a reader or writer has on a stream: dropping it ends the stream.
final class StreamLease: Sendable {
    let connection: PostgresConnection
    let number: Int

    init(connection: PostgresConnection, number: Int) {
        self.connection = connection
        self.number = number
    }

    deinit {
        // Posted first, so that a statement that is asked for afterwards finds the stream given
        // up, and waits for its end.
        connection.loop.post { [connection, number] in
            connection.assumeIsolated { $0.giveUp(number) }
        }
    }
}

extension PostgresConnection {
    fileprivate func giveUp(_ number: Int) {
        guard stream?.number == number, stream?.owner != nil else { return }
        stream?.owner = nil
        Task { await abandon(number) }
    }
}
