import Postgres

/// A statement of a script that pg_dump, pg_restore or pg_dumpall has written: its tokens, so that
/// a name can be told from the same letters in a literal, and be exchanged.
///
/// Source: «Lexical Structure» in PostgreSQL's manual (4.1), with `standard_conforming_strings` on,
/// which such scripts set.
struct SQLStatement: Hashable, Sendable {
    struct Token: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            /// A keyword or a name without quotes; a number.
            case word
            case quotedName
            case literal
            case symbol
        }

        var kind: Kind
        /// As it stands in the script.
        var text: String
        /// Whether it stands apart from the one before it.
        var isApart: Bool

        /// What it names, where it can be a name.
        var name: String? {
            switch kind {
            case .word: text
            case .quotedName: String(text.dropFirst().dropLast()).replacing("\"\"", with: "\"")
            case .literal, .symbol: nil
            }
        }
    }

    var tokens: [Token]

    /// To be run.
    var text: String {
        tokens.reduce(into: "") { text, token in
            if token.isApart, !text.isEmpty { text += " " }
            text += token.text
        }
    }

    /// Whether it begins with these words, in capitals.
    func begins(with words: String...) -> Bool {
        tokens.count >= words.count
            && zip(tokens, words).allSatisfy { $0.kind == .word && $0.text.uppercased() == $1 }
    }

    /// The name that stands behind these words, where they stand for the first time.
    func name(behind words: String...) -> String? {
        guard let start = position(of: words) else { return nil }
        let place = start + words.count
        return tokens.indices.contains(place) ? tokens[place].name : nil
    }

    /// Where these words stand one after the other, for the first time.
    private func position(of words: [String]) -> Int? {
        tokens.indices.first { start in
            tokens.count - start >= words.count
                && zip(tokens[start...], words).allSatisfy {
                    $0.kind == .word && $0.text.uppercased() == $1
                }
        }
    }

    /// Whether these words stand in it, one after the other.
    func contains(_ words: String...) -> Bool { position(of: words) != nil }

    /// The same about a database of another name.
    func renaming(database old: String, to new: String) throws(PostgresError) -> SQLStatement {
        var statement = self
        for place in tokens.indices.dropFirst()
        where tokens[place].name == old && tokens[place - 1].kind == .word
            && tokens[place - 1].text.uppercased() == "DATABASE"
        {
            statement.tokens[place].kind = .quotedName
            statement.tokens[place].text = try quoteIdentifier(new)
        }
        return statement
    }

    /// Without these words, wherever they stand as such.
    func without(_ words: Set<String>) -> SQLStatement {
        SQLStatement(
            tokens: tokens.filter { $0.kind != .word || !words.contains($0.text.uppercased()) })
    }
}
