public import Vocabulary

/// What can go wrong between a program and a PostgreSQL server.
public struct PostgresError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// There is no session, or none any more.
        case connection(ConnectionFailure)
        /// The server refuses a statement; the session goes on.
        case statement
        /// What says where to connect to contradicts itself or cannot be read.
        case settings
        /// A value is not of the kind that was asked for.
        case decoding
        /// Something that can never work; nothing was sent.
        case misuse
    }

    public enum ConnectionFailure: String, Hashable, Sendable {
        case unknownHost = "unknown host"
        case unreachable
        case refused
        case timeout
        /// TLS cannot be agreed on, or the certificate is not to be trusted.
        case tls
        case authentication
        /// Or shutting down, or recovering: SQLSTATE 57P03.
        case startingUp = "starting up"
        case unknownDatabase = "unknown database"
        case tooManyConnections = "too many connections"
        /// The server is not of the kind that `target_session_attrs` asks for.
        case wrongRole = "wrong role"
        /// The server refuses the session for another reason.
        case rejected
        /// The session broke after it had been made.
        case lost
        /// This side has closed it.
        case closed
    }

    public let kind: Kind
    /// What happened, in the server's or libpq's words.
    public let message: String
    /// All that the server said, when it was the server that spoke.
    public let report: PostgresReport?
    /// `db.internal:5432`, `/run/postgresql:5432`; empty when no server is concerned.
    public let server: String
    /// Of an error that came before there was a session: libpq tells no more of the report.
    private let connectState: SQLState?

    init(
        _ kind: Kind, _ message: String, report: PostgresReport? = nil, server: String = "",
        state: SQLState? = nil
    ) {
        self.kind = kind
        self.message = message
        self.report = report
        self.server = server
        connectState = state
    }
}

extension PostgresError {
    public var sqlState: SQLState? { report?.sqlState ?? connectState }
    public var severity: PostgresReport.Severity? { report?.severity }
    public var detail: String? { report?.detail }
    public var hint: String? { report?.hint }
    public var position: Int? { report?.position }
    public var schema: String? { report?.schema }
    public var table: String? { report?.table }
    public var column: String? { report?.column }
    public var constraint: String? { report?.constraint }

    public var failure: ConnectionFailure? {
        guard case .connection(let failure) = kind else { return nil }
        return failure
    }

    /// Whether the same may go well a little later, with nothing changed.
    public var isTransient: Bool {
        switch kind {
        case .connection(let failure):
            [.refused, .timeout, .startingUp, .tooManyConnections, .lost].contains(failure)
        case .statement:
            [.serializationFailure, .deadlockDetected, .lockNotAvailable].contains(sqlState)
        default: false
        }
    }

    /// The same for an operator.
    ///
    /// - Parameter subject: whom it concerns, such as `database payments`.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        var diagnostic = PostgresDiagnostics.describe(self)
        diagnostic.subject = subject
        return diagnostic
    }
}

extension PostgresError: CustomStringConvertible {
    public var description: String {
        let place = server.isEmpty ? "" : "\(server): "
        let state = sqlState.map { " (\($0))" } ?? ""
        return "\(place)\(message)\(state)"
    }
}

extension PostgresError {
    static func misuse(_ message: String) -> PostgresError { PostgresError(.misuse, message) }

    static func closed(_ server: String) -> PostgresError {
        PostgresError(.connection(.closed), "the connection has been closed", server: server)
    }

    static func lost(_ reason: String, server: String) -> PostgresError {
        PostgresError(.connection(.lost), reason, server: server)
    }

    /// From a report of a session that was made: a fatal one is its end.
    init(_ report: PostgresReport, server: String) {
        self.init(
            report.severity.endsSession ? .connection(.lost) : .statement, report.message,
            report: report, server: server)
    }
}
