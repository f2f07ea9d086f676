internal import CLibPQ
public import Vocabulary

extension PostgresSettings {
    /// Reads `host=db dbname=payments …` or `postgresql://ops@db/payments?…`, by libpq's own
    /// rules.
    ///
    /// - Throws: `PostgresError` of kind `settings`, without the words that may be a password.
    public init(_ text: Sensitive<String>) throws(PostgresError) {
        self.init()
        let parsed: [String: String] = try text.withExposed { (text) throws(PostgresError) in
            try Self.parse(text)
        }
        for (keyword, value) in parsed { self[keyword] = value }
    }

    public init(_ text: String) throws(PostgresError) {
        try self.init(Sensitive(text))
    }

    private static func parse(_ text: String) throws(PostgresError) -> [String: String] {
        guard !text.utf8.contains(0) else {
            throw PostgresError(.settings, "the connection string holds a NUL")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            defer { PQfreemem(message) }
            throw PostgresError(
                .settings, message.map { withoutQuotes(String(cString: $0)) } ?? "out of memory")
        }
        defer { PQconninfoFree(options) }
        return values(options)
    }

    /// What has a value in an array that ends with a keyword of NULL.
    static func values(_ options: UnsafeMutablePointer<PQconninfoOption>) -> [String: String] {
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                values[String(cString: keyword)] = String(cString: value)
            }
            option += 1
        }
        return values
    }

    /// libpq quotes the place that it stumbles over, in which a part of a password may stand.
    private static func withoutQuotes(_ message: String) -> String {
        guard let first = message.firstIndex(of: "\""), let last = message.lastIndex(of: "\"")
        else { return message.split(separator: "\n").first.map(String.init) ?? message }
        let end = message[message.index(after: last)...].split(separator: "\n").first ?? ""
        return "\(message[..<first])…\(end)"
    }
}
