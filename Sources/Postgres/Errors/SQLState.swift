/// A condition by its code of five letters and digits, of which the first two are its class
/// (PostgreSQL's documentation, appendix A).
public struct SQLState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    private init(_ code: String) {
        rawValue = code
    }

    public var description: String { rawValue }

    /// `23` for all violations of integrity.
    public var conditionClass: String { String(rawValue.prefix(2)) }
}

extension SQLState {
    // What keeps a client out
    public static let invalidAuthorization = SQLState("28000")
    public static let invalidPassword = SQLState("28P01")
    public static let unknownDatabase = SQLState("3D000")
    public static let tooManyConnections = SQLState("53300")
    /// The server starts, stops or recovers.
    public static let cannotConnectNow = SQLState("57P03")

    // What ends a session or a statement from outside
    public static let queryCanceled = SQLState("57014")
    public static let adminShutdown = SQLState("57P01")
    public static let crashShutdown = SQLState("57P02")
    public static let databaseDropped = SQLState("57P04")
    public static let idleSessionTimeout = SQLState("57P05")

    // What may go well the next time
    public static let serializationFailure = SQLState("40001")
    public static let deadlockDetected = SQLState("40P01")
    public static let lockNotAvailable = SQLState("55P03")
    public static let objectInUse = SQLState("55006")

    // Transactions
    public static let activeTransaction = SQLState("25001")
    public static let readOnlyTransaction = SQLState("25006")
    public static let failedTransaction = SQLState("25P02")
    public static let snapshotTooOld = SQLState("72000")

    // Integrity
    public static let notNullViolation = SQLState("23502")
    public static let foreignKeyViolation = SQLState("23503")
    public static let uniqueViolation = SQLState("23505")
    public static let checkViolation = SQLState("23514")
    public static let exclusionViolation = SQLState("23P01")

    // Statements that cannot be run
    public static let syntaxError = SQLState("42601")
    public static let insufficientPrivilege = SQLState("42501")
    public static let undefinedColumn = SQLState("42703")
    public static let undefinedFunction = SQLState("42883")
    public static let undefinedTable = SQLState("42P01")
    public static let undefinedObject = SQLState("42704")
    public static let undefinedSchema = SQLState("3F000")
    public static let duplicateTable = SQLState("42P07")
    public static let duplicateDatabase = SQLState("42P04")
    public static let duplicateObject = SQLState("42710")
    public static let featureNotSupported = SQLState("0A000")

    // Values
    public static let divisionByZero = SQLState("22012")
    public static let numericValueOutOfRange = SQLState("22003")
    public static let invalidTextRepresentation = SQLState("22P02")
    public static let characterNotInRepertoire = SQLState("22021")
    public static let untranslatableCharacter = SQLState("22P05")
    public static let badCopyFormat = SQLState("22P04")

    // Limits
    public static let diskFull = SQLState("53100")
    public static let outOfMemory = SQLState("53200")
    public static let programLimitExceeded = SQLState("54000")
}
