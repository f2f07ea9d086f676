internal import CLibPQ

/// What a value of a row can be decoded as.
public protocol PostgresDecodable {
    /// `nil` when the cell is of another type, or NULL.
    init?(_ cell: PostgresCell)
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public init?(_ cell: PostgresCell) {
        if cell.isNull {
            self = nil
        } else {
            guard let value = Wrapped(cell) else { return nil }
            self = value
        }
    }
}

/// Any type, in PostgreSQL's text notation.
extension String: PostgresDecodable {
    public init?(_ cell: PostgresCell) {
        guard let text = cell.text else { return nil }
        self = text
    }
}

extension Bool: PostgresDecodable {
    public init?(_ cell: PostgresCell) {
        guard cell.type == .boolean, let text = cell.text else { return nil }
        self = text == "t"
    }
}

/// Integers of any size that hold the value, and `numeric` without fraction.
extension PostgresDecodable where Self: FixedWidthInteger {
    public init?(_ cell: PostgresCell) {
        let types: [PostgresType] = [.bigint, .integer, .smallint, .oid, .xid, .xid8, .numeric]
        guard types.contains(cell.type), let text = cell.text, let value = Self(text) else {
            return nil
        }
        self = value
    }
}

extension Int: PostgresDecodable {}
extension Int16: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension UInt32: PostgresDecodable {}
extension UInt64: PostgresDecodable {}

/// Every number, to the nearest that there is.
extension Double: PostgresDecodable {
    public init?(_ cell: PostgresCell) {
        let types: [PostgresType] = [
            .doublePrecision, .real, .numeric, .bigint, .integer, .smallint,
        ]
        // `NaN` and `-Infinity` are read.
        guard types.contains(cell.type), let text = cell.text, let value = Double(text) else {
            return nil
        }
        self = value
    }
}

/// `bytea`, in whichever of its notations.
extension [UInt8]: PostgresDecodable {
    public init?(_ cell: PostgresCell) {
        guard cell.type == .bytea else { return nil }
        let bytes: [UInt8]? = cell.withBytes { text in
            // libpq puts a NUL behind each value.
            guard let start = text?.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
                return nil
            }
            var count = 0
            guard let bytes = PQunescapeBytea(start, &count) else { return nil }
            defer { PQfreemem(bytes) }
            return [UInt8](UnsafeBufferPointer(start: bytes, count: count))
        }
        guard let bytes else { return nil }
        self = bytes
    }
}
