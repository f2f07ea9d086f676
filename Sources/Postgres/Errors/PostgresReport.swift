internal import CLibPQ

/// What a server says of a statement or on its own account: an error, or a notice beside one.
public struct PostgresReport: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable {
        case panic = "PANIC"
        case fatal = "FATAL"
        case error = "ERROR"
        case warning = "WARNING"
        case notice = "NOTICE"
        case debug = "DEBUG"
        case info = "INFO"
        case log = "LOG"

        /// Whether the session ended with it.
        public var endsSession: Bool { self == .panic || self == .fatal }
    }

    public var severity: Severity
    public var sqlState: SQLState
    /// A line, in the server's language.
    public var message: String
    public var detail: String?
    public var hint: String?
    /// In characters of the statement, from 1.
    public var position: Int?
    /// Where the server was: functions, rows of a COPY.
    public var context: String?
    public var schema: String?
    public var table: String?
    public var column: String?
    public var dataType: String?
    public var constraint: String?

    public init(severity: Severity, sqlState: SQLState, message: String) {
        self.severity = severity
        self.sqlState = sqlState
        self.message = message
    }
}

extension PostgresReport {
    /// `nil` when the result is libpq's own and not the server's.
    init?(_ result: OpaquePointer) {
        func field(_ code: Int32) -> String? {
            PQresultErrorField(result, code).map { String(cString: $0) }
        }
        guard let state = field(Field.sqlState) else { return nil }
        // The severity that is not translated; servers before 9.6 send none.
        let severity = field(Field.severity).flatMap(Severity.init(rawValue:)) ?? .error
        self.init(
            severity: severity, sqlState: SQLState(rawValue: state),
            message: field(Field.message) ?? "no reason given")
        detail = field(Field.detail)
        hint = field(Field.hint)
        position = field(Field.position).flatMap { Int($0) }
        context = field(Field.context)
        schema = field(Field.schema)
        table = field(Field.table)
        column = field(Field.column)
        dataType = field(Field.dataType)
        constraint = field(Field.constraint)
    }

    /// The letters of libpq's `PG_DIAG_…`, which are character literals in C.
    private enum Field {
        static let severity = letter("V")
        static let sqlState = letter("C")
        static let message = letter("M")
        static let detail = letter("D")
        static let hint = letter("H")
        static let position = letter("P")
        static let context = letter("W")
        static let schema = letter("s")
        static let table = letter("t")
        static let column = letter("c")
        static let dataType = letter("d")
        static let constraint = letter("n")

        private static func letter(_ scalar: Unicode.Scalar) -> Int32 { Int32(scalar.value) }
    }
}
