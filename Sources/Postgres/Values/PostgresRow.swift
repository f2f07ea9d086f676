internal import CLibPQ

/// A row, whose values are decoded by the names or the places of their columns.
public struct PostgresRow: Sendable {
    let result: ResultHandle
    let number: Int
    let columns: Columns

    public var columnNames: [String] { columns.names }
    public var count: Int { columns.names.count }

    /// The value of a column, by its exact name.
    ///
    /// - Throws: `PostgresError` of kind `decoding`, which names column and types but never the
    ///   value.
    public func decode<Value: PostgresDecodable>(
        _ column: String, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        try decode(at: columns.place(of: column))
    }

    /// The value of a column, by its place, from 0.
    public func decode<Value: PostgresDecodable>(
        at index: Int, as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard columns.names.indices.contains(index) else {
            throw PostgresError(.decoding, "there is no column \(index) among \(count)")
        }
        let cell = PostgresCell(row: self, index: index)
        if let value = Value(cell) { return value }
        let reason =
            cell.isNull
            ? "is NULL, which \(Value.self) cannot be" : "is no \(Value.self)"
        throw PostgresError(
            .decoding,
            "column `\(columns.names[index])` of type \(columns.types[index]) \(reason)")
    }
}

/// One value of a row, as the server sent it: in PostgreSQL's text notation.
public struct PostgresCell: Sendable {
    let row: PostgresRow
    let index: Int

    public var type: PostgresType { row.columns.types[index] }

    public var isNull: Bool {
        PQgetisnull(row.result.pointer, Int32(row.number), Int32(index)) == 1
    }

    /// `nil` for NULL.
    public var text: String? {
        withBytes { $0.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// Lends the bytes; `nil` for NULL.
    public func withBytes<Value>(_ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
        let (pointer, row, column) = (row.result.pointer, Int32(row.number), Int32(index))
        guard !isNull else { return body(nil) }
        // What the result owns lives as long as it does.
        return withExtendedLifetime(self.row.result) {
            body(
                UnsafeRawBufferPointer(
                    start: PQgetvalue(pointer, row, column),
                    count: Int(PQgetlength(pointer, row, column))))
        }
    }
}
