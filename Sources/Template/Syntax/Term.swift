/// An expression, as parsed.
struct Term: Sendable {
    let kind: Kind
    let span: Span
    /// Levels of terms below and including this one; bounded, as evaluation recurses.
    let height: Int

    indirect enum Kind: Sendable {
        case literal(Value)
        case name(String)
        case attribute(Term, String)
        case index(Term, Term)
        case list([Term])
        case map([Entry])
        case negation(Term)
        case not(Term)
        case both(Term, Term)
        case either(Term, Term)
        case arithmetic(Arithmetic, Term, Term)
        case concatenation(Term, Term)
        case comparison(Comparison, Term, Term)
        case membership(Term, of: Term, negated: Bool)
        case choice(condition: Term, then: Term, otherwise: Term)
        case filter(Term, FilterCall)
        case test(Term, TestCall, negated: Bool)
        case isDefined(Term, negated: Bool)
        case fallback(Term, Term, whenFalse: Term?)
        case mapAttribute(Term, path: [String], fallback: Term?)
        case mapFilter(Term, FilterCall)
        case selection(Term, Selection)
        case range([Term])
        case entries(Term, MapView)
    }

    struct Entry: Sendable {
        let key: Term
        let value: Term
    }

    /// `select`, `reject`, `selectattr`, `rejectattr`.
    struct Selection: Sendable {
        let path: [String]
        /// None: the truth of the element itself.
        let test: TestCall?
        let keeps: Bool
    }

    /// What `.items()` and its like show of a map.
    enum MapView: String, Sendable, CaseIterable {
        case items, keys, values
    }
}

struct FilterCall: Sendable {
    let filter: Filter
    /// One for each parameter of the filter.
    let arguments: [Term?]
    let span: Span
}

struct TestCall: Sendable {
    let test: ValueTest
    let argument: Term?
    let span: Span
}

enum Arithmetic: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
}

enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
}
