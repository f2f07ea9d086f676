import Vocabulary

/// Why something was not restored.
public enum RestoreError: Error, Hashable, Sendable {
    /// The snapshot does not hold it.
    case unknownDatabase(String, known: [String])
    case unknownTable(String, database: String)
    /// Something has the name already, and nobody said that it may be replaced.
    case databaseExists(String, server: String)
    case tableExists(String, database: String)
    /// What is to be replaced is in use.
    case clientsConnected(String, clients: [String])
    /// Others refer to a table that was to be replaced: foreign keys, views.
    case tableNeeded(String, by: [String])
    /// What was restored is not what was dumped.
    case different(String, [TableDifference])
    /// The manifest names no such object of a database.
    case incomplete(String, ManifestObject.Content)
    /// The definition of the database is not in its dump.
    case undefined(String)
}

/// A table whose rows are not those that the manifest has.
public struct TableDifference: Hashable, Sendable {
    public var schema: String
    public var name: String
    public var expected: RowSummary
    /// `nil` where there is no such table.
    public var found: RowSummary?

    public init(schema: String, name: String, expected: RowSummary, found: RowSummary?) {
        self.schema = schema
        self.name = name
        self.expected = expected
        self.found = found
    }
}

extension TableDifference: CustomStringConvertible {
    public var description: String {
        let place = "\(schema.visible).\(name.visible)"
        guard let found else { return "\(place): it is not there" }
        guard found.count == expected.count else {
            return "\(place): \(expected.count) rows were dumped, \(found.count) are there"
        }
        return "\(place): its \(found.count) rows are not those that were dumped"
    }
}
