internal import CLibPQ
public import Loop

/// A session with a PostgreSQL server.
///
/// Pinned to one event loop. Any number of callers may use it; their statements are run one at a
/// time, in the order of asking. When the task of one is cancelled, its statement is cancelled
/// on the server, and the connection goes on, or is closed if the server does not answer.
public actor PostgresConnection {
    /// Serves the connection.
    public nonisolated let loop: EventLoop
    /// Where it leads: `db.internal:5432 (10.0.0.7)`.
    public nonisolated let server: String

    // Working state, for the extensions in this folder.
    var handle: ConnectionHandle?
    /// The socket has become readable or writable, or there is no connection any more.
    let activity: LoopEvent
    var socket: Descriptor?
    /// Why nothing can be done any more.
    var failure: PostgresError?
    let session: Scope
    /// What is being read or written piece by piece, and keeps others waiting.
    var stream: OpenStream?
    var nextNumber = 0
    /// A statement is under way.
    var isBusy = false
    /// The statement under way went by the extended protocol.
    var isExtended = false
    /// Waits that were over at once, in a row.
    var readyAtOnce = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    init(server: String, loop: EventLoop) {
        self.server = server
        self.loop = loop
        activity = LoopEvent(on: loop)
        session = Scope(parent: nil, depth: 0, loop: loop)
    }

    isolated deinit {
        end(.closed(server))
    }

    /// Whether the connection can still be used, as far as is known.
    public var isOpen: Bool { failure == nil }

    /// Ends the session at once, and the statement that is under way. Whoever waits for something
    /// of it learns that it is closed.
    public func close() {
        if let connection = try? connection, PQtransactionStatus(connection) == PQTRANS_ACTIVE {
            // Without it a server notices that its client is gone only when it has rows for it.
            _ = try? requestCancel()
        }
        end(.closed(server))
    }

    /// The server's version, as a number: 150020 for 15.20.
    public var serverVersion: PostgresVersion {
        get throws { PostgresVersion(number: Int(PQserverVersion(try connection))) }
    }

    /// The process that serves this session, on the server.
    public var backendID: Int32 {
        get throws { PQbackendPID(try connection) }
    }

    /// Whether the session is encrypted.
    public var isEncrypted: Bool {
        get throws { PQsslInUse(try connection) == 1 }
    }

    /// What the server remarked since the last call: its last 256 notices.
    public func takeNotices() -> [PostgresReport] {
        handle?.notices.take() ?? []
    }

    /// A setting that the server tells without being asked: `server_encoding`, `TimeZone`.
    public func reported(_ setting: String) throws -> String? {
        PQparameterStatus(try connection, setting).map { String(cString: $0) }
    }
}

extension PostgresConnection {
    var connection: OpaquePointer {
        get throws(PostgresError) {
            if let failure { throw failure }
            guard let pointer = handle?.pointer else { throw .closed(server) }
            return pointer
        }
    }

    /// Nothing more can be done, for this reason: everybody who waits learns it.
    func end(_ reason: PostgresError) {
        guard failure == nil else { return }
        failure = reason
        session.shut(throwing: reason)
        handle = nil
        socket = nil
        activity.fire()
    }

    /// libpq's last complaint.
    static func complaint(_ connection: OpaquePointer) -> String {
        String(cString: PQerrorMessage(connection))
    }

    /// The error for a connection that libpq cannot use any more, which then is ended.
    func lost(_ connection: OpaquePointer) -> PostgresError {
        let line = Self.complaint(connection).split(separator: "\n").first.map(String.init)
        let error = PostgresError.lost(line ?? "the connection broke", server: server)
        end(error)
        return error
    }
}
