internal import CLibPQ

/// The rows of a statement, all in memory.
public struct PostgresRows: Sendable, RandomAccessCollection {
    private let result: ResultHandle
    private let columns: Columns

    init(_ result: ResultHandle) {
        self.result = result
        columns = Columns(result)
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { result.rowCount }

    public subscript(position: Int) -> PostgresRow {
        PostgresRow(result: result, number: position, columns: columns)
    }

    public var columnNames: [String] { columns.names }

    /// What the statement did: `INSERT 0 3`, `SELECT 1`.
    public var commandTag: String { result.commandTag }

    /// Rows that the statement touched or gave; `nil` for statements without such.
    public var affectedRows: Int? { result.affectedRows }

    /// The one row that there is.
    public func one() throws(PostgresError) -> PostgresRow {
        guard count == 1 else {
            throw PostgresError(.decoding, "\(count) rows where there should be one")
        }
        return self[0]
    }

    /// The one value of the one row that there is.
    public func value<Value: PostgresDecodable>(
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        try one().decode(at: 0)
    }
}

/// Names and types of the columns of a result, shared by its rows.
final class Columns: Sendable {
    let names: [String]
    let types: [PostgresType]
    /// `nil` for a name that several have.
    private let places: [String: Int?]

    init(_ result: ResultHandle) {
        let count = PQnfields(result.pointer)
        names = (0..<count).map { String(cString: PQfname(result.pointer, $0)) }
        types = (0..<count).map { PostgresType(rawValue: PQftype(result.pointer, $0)) }
        var places: [String: Int?] = [:]
        for (index, name) in names.enumerated() {
            places.updateValue(places[name] == nil ? index : nil, forKey: name)
        }
        self.places = places
    }

    func place(of name: String) throws(PostgresError) -> Int {
        guard let entry = places[name] else {
            throw PostgresError(
                .decoding,
                "there is no column `\(name)` among \(names.map { "`\($0)`" }.joined(separator: ", "))"
            )
        }
        guard let place = entry else {
            throw PostgresError(.decoding, "several columns have the name `\(name)`")
        }
        return place
    }
}
