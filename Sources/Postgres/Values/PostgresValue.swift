public import Vocabulary

/// A parameter of a statement. NULL is the `nil` of an optional one.
public enum PostgresValue: Hashable, Sendable {
    /// Of the type that the statement needs in its place: also dates, JSON, UUIDs, arrays, and
    /// numbers of any precision, in PostgreSQL's notation. Without NULs.
    case text(String)
    /// `bigint`
    case integer(Int64)
    /// `integer`, for functions that take no `bigint`.
    case integer32(Int32)
    /// `double precision`
    case double(Double)
    /// `boolean`
    case boolean(Bool)
    /// `bytea`
    case bytes([UInt8])
    /// `timestamp with time zone`
    case timestamp(Timestamp)
    /// As ``text(_:)``, of a type that is given.
    case typed(String, PostgresType)
}

extension PostgresValue {
    public static func integer(_ value: Int) -> Self { .integer(Int64(value)) }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral
{
    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .boolean(value) }
}

/// A type by its number in the system catalog `pg_type`, which is fixed for built-in ones.
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    private init(_ number: UInt32) {
        rawValue = number
    }

    /// What the statement needs.
    public static let inferred = Self(0)
    public static let boolean = Self(16)
    public static let bytea = Self(17)
    public static let char = Self(18)
    public static let name = Self(19)
    public static let bigint = Self(20)
    public static let smallint = Self(21)
    public static let integer = Self(23)
    public static let text = Self(25)
    public static let oid = Self(26)
    public static let xid = Self(28)
    public static let json = Self(114)
    public static let real = Self(700)
    public static let doublePrecision = Self(701)
    public static let varchar = Self(1043)
    public static let date = Self(1082)
    public static let timestamp = Self(1114)
    public static let timestampWithTimeZone = Self(1184)
    public static let numeric = Self(1700)
    public static let uuid = Self(2950)
    public static let lsn = Self(3220)
    public static let jsonb = Self(3802)
    public static let xid8 = Self(5069)

    private static let names: [PostgresType: String] = [
        .boolean: "boolean", .bytea: "bytea", .char: "\"char\"", .name: "name",
        .bigint: "bigint", .smallint: "smallint", .integer: "integer", .text: "text",
        .oid: "oid", .xid: "xid", .json: "json", .real: "real",
        .doublePrecision: "double precision", .varchar: "character varying", .date: "date",
        .timestamp: "timestamp", .timestampWithTimeZone: "timestamp with time zone",
        .numeric: "numeric", .uuid: "uuid", .lsn: "pg_lsn", .jsonb: "jsonb", .xid8: "xid8",
    ]
}

extension PostgresType: CustomStringConvertible {
    public var description: String { Self.names[self] ?? "type \(rawValue)" }
}
