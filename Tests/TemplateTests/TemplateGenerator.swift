import Vocabulary

/// Random templates over the variables of ``JinjaComparisonTests``, well-formed by construction;
/// the kinds of their values fit by chance only.
struct TemplateGenerator {
    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    mutating func template() -> String {
        (0..<Int.random(in: 1...3, using: &random)).map { _ in piece(depth: 2) }.joined()
    }

    private mutating func piece(depth: Int) -> String {
        let dash = pick(["", "", "", "-"])
        switch Int.random(in: 0..<(depth > 0 ? 7 : 3), using: &random) {
        case 0: return pick([" text ", "\n", "\n\n", "a\nb", "  "])
        case 1, 2: return "{{\(dash) \(expression(depth: 3)) \(pick(["", "", "-"]))}}"
        case 3:
            return "{%\(dash) if \(expression(depth: 2)) %}" + piece(depth: depth - 1)
                + pick(["", "{% else %}other", "{% elif flag %}\n1\n"]) + "{% endif \(dash)%}"
        case 4:
            return "{% for x in \(list(depth: 1)) \(dash)%}\n{{ x }}\(piece(depth: depth - 1))"
                + "{% endfor %}"
        case 5: return "{% set v = \(expression(depth: 2)) \(dash)%}\n{{ v }}"
        default: return "{#\(dash) \(pick(["c", "{{ x }}", "{% if"])) \(dash)#}\n"
        }
    }

    private mutating func expression(depth: Int) -> String {
        guard depth > 0 else { return atom() }
        let left = expression(depth: depth - 1)
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1:
            let symbol = pick(["+", "-", "*", "/", "//", "%", "~", "~"])
            return "\(left) \(symbol) \(expression(depth: depth - 1))"
        case 2:
            let symbol = pick(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"])
            return "(\(left) \(symbol) \(expression(depth: depth - 1)))"
        case 3: return "(\(left)) | \(filter())"
        case 4: return "\(atom()) | \(filter())"
        case 5: return "\(list(depth: depth - 1)) | \(listFilter())"
        case 6: return "(\(left) if \(expression(depth: depth - 1)) else \(atom()))"
        default: return pick(["not ", "-", ""]) + "(\(left)) \(test())"
        }
    }

    private mutating func list(depth: Int) -> String {
        let known = ["numbers", "words", "none_at_all", "db.tags", "matrix[1]", "range(4)"]
        guard depth > 0, Bool.random(using: &random) else { return pick(known) }
        return "[\(atom()), \(expression(depth: depth - 1)), \(atom())]"
    }

    private mutating func atom() -> String {
        pick([
            "port", "zero", "ratio", "name", "empty", "flag", "off", "unicode", "nothing",
            "db.host",
            "db.port", "numbers[0]", "words[1]", "1", "2", "-3", "0", "2.5", "0.1", "'a'", "'12'",
            "\"Ä b\"", "true", "none", "limits.hard", "missing", "text", "quoted",
        ])
    }

    private mutating func filter() -> String {
        pick([
            "upper", "lower", "trim", "string", "int(0)", "float(0)", "abs", "round", "round(1)",
            "replace('a', 'b')", "length", "default('d')", "default(1, true)", "quote", "to_json",
            "b64encode", "indent(2)", "capitalize", "split", "splitlines", "round(1, 'ceil')",
        ])
    }

    private mutating func listFilter() -> String {
        pick([
            "join(',')", "length", "first", "last", "sort | join(' ')", "unique | join", "min",
            "max", "sum", "map('string') | join('/')", "reverse | join", "to_json",
            "select | join", "select('gt', 2) | join(',')", "sort(reverse=true) | first",
        ])
    }

    private mutating func test() -> String {
        pick([
            "is defined", "is none", "is string", "is not integer", "is odd",
            "is divisibleby 3", "is boolean", "is ge 2", "is float", "",
        ])
    }

    private mutating func pick(_ choices: [String]) -> String {
        choices.randomElement(using: &random) ?? ""
    }
}
