/// A name as a statement can hold it, whatever its letters are: `"a ""b"""`.
///
/// Sessions of this module speak UTF-8, in which no letter contains the byte of a quote.
///
/// - Parameter parts: of a qualified name: schema, table.
/// - Throws: `PostgresError` for what no name can be: empty, or with a NUL.
public func quoteIdentifier(_ parts: String...) throws(PostgresError) -> String {
    for part in parts where part.isEmpty || part.utf8.contains(0) {
        throw .misuse("a name is empty or holds a NUL")
    }
    return parts.map { part in
        var quoted = "\""
        for scalar in part.unicodeScalars {
            if scalar == "\"" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }.joined(separator: ".")
}

/// A text as a statement can hold it, for statements that take no parameters, whatever
/// `standard_conforming_strings` says.
///
/// - Throws: `PostgresError` for a text with a NUL.
public func quoteLiteral(_ text: String) throws(PostgresError) -> String {
    guard !text.utf8.contains(0) else { throw .misuse("a text holds a NUL") }
    // The space keeps the `E` from a word before it.
    var quoted = text.utf8.contains(UInt8(ascii: "\\")) ? " E'" : "'"
    for scalar in text.unicodeScalars {
        if scalar == "'" || scalar == "\\" { quoted.unicodeScalars.append(scalar) }
        quoted.unicodeScalars.append(scalar)
    }
    return quoted + "'"
}
