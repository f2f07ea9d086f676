import Vocabulary

/// libyaml's complaints in the operator's words.
struct SyntaxWording {
    let text: String
    let file: String

    func diagnostic(of problem: SyntaxProblem) -> Diagnostic {
        let place = place(problem.place)
        let line = lineText(problem.place.position.line)
        if let template = bareTemplate(in: line) {
            return .bareTemplate(
                in: file, line: problem.place.position.line, column: template)
        }
        let (message, hint) = wording(of: problem)
        var related: [Diagnostic.Related] = []
        if let context = problem.context.flatMap(Self.contextWording),
            problem.contextPlace.position < problem.place.position
        {
            related = [Diagnostic.Related(context, at: self.place(problem.contextPlace))]
        }
        return Diagnostic(.malformedYAML, message, at: place, hint: hint, related: related)
    }

    private func wording(of problem: SyntaxProblem) -> (message: String, hint: String?) {
        let next = text.unicodeScalars.dropFirst(problem.place.index).first
        switch problem.message {
        case "found character that cannot start any token":
            switch next {
            case "\t": return ("a tab where only spaces may stand", "indent with spaces")
            case let next?:
                return ("a value cannot begin with `\(String(next).visible)`", "put it in quotes")
            case nil: return ("a value is missing", nil)
            }
        case "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            return ("a tab where only spaces may stand", "indent with spaces")
        case "mapping values are not allowed in this context":
            return ("a `:` that begins no value", "put a text that contains `: ` in quotes")
        case "could not find expected ':'":
            return ("a key without its `:`", "a text of several lines begins with `|`")
        case "did not find expected key":
            return ("this line does not fit the lines above", "is the indentation right?")
        case "did not find expected '-' indicator":
            return ("a line of a list that does not begin with `-`", "is the indentation right?")
        case "did not find expected ',' or ']'": return ("the list in `[ ]` goes wrong here", nil)
        case "did not find expected ',' or '}'":
            return ("the mapping in `{ }` goes wrong here", nil)
        case "found unexpected end of stream": return ("the file ends inside a text", "close it")
        case "block sequence entries are not allowed in this context":
            return ("a `-` where no list can be", "begin the list on a line of its own")
        case "found unknown escape character":
            return ("an unknown escape in a text in double quotes", "write `\\\\` for a backslash")
        case let other: return (other.visible, nil)
        }
    }

    private static func contextWording(_ context: String) -> String? {
        switch context {
        case "while parsing a block mapping": "the mapping begins here"
        case "while parsing a block collection": "the list begins here"
        case "while parsing a flow sequence": "the list begins here"
        case "while parsing a flow mapping": "the mapping begins here"
        case "while scanning a quoted scalar": "the text begins here"
        case "while scanning a simple key": "the key begins here"
        case "while scanning a block scalar": "the text begins here"
        default: nil
        }
    }

    /// The column of a `{{` that begins a value.
    private func bareTemplate(in line: String) -> Int? {
        let scalars = Array(line.unicodeScalars)
        for column in scalars.indices.dropLast() where scalars[column] == "{" {
            guard scalars[column + 1] == "{" else { continue }
            let before = scalars[..<column].last { $0 != " " }
            return before == ":" || before == "-" ? column + 1 : nil
        }
        return nil
    }

    private func lineText(_ number: Int) -> String {
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        return number <= lines.count ? String(lines[number - 1]) : ""
    }

    private func place(_ mark: Mark) -> SourcePlace {
        SourcePlace(file: file, start: mark.position)
    }
}

extension Diagnostic {
    /// `key: {{ value }}`, which YAML reads as a mapping in a mapping.
    static func bareTemplate(in file: String, line: Int, column: Int) -> Diagnostic {
        let start = SourcePlace.Position(line: line, column: column)
        let end = SourcePlace.Position(line: line, column: column + 2)
        return Diagnostic(
            .malformedYAML, "a template outside quotes",
            at: SourcePlace(file: file, start: start, end: end),
            hint: "quote the whole value: \"{{ … }}\"")
    }
}
