import Vocabulary

/// Reads one expression, with Jinja's grammar and precedences.
struct ExpressionParser {
    private var lexer: Lexer
    private(set) var token: Token
    private var depth = 0

    init(_ lexer: Lexer) throws(Diagnostics) {
        self.lexer = lexer
        token = try self.lexer.next()
    }

    var source: Source { lexer.source }
    var offset: Int { lexer.offset }

    /// `a if condition else b`, and everything that binds tighter.
    mutating func expression() throws(Diagnostics) -> Term {
        try enter()
        defer { depth -= 1 }
        let value = try disjunction()
        guard try takeName("if") else { return value }
        let condition = try disjunction()
        guard try takeName("else") else {
            throw unexpected("`else`", hint: "what should it be otherwise?")
        }
        let otherwise = try expression()
        return try term(
            .choice(condition: condition, then: value, otherwise: otherwise),
            value.span.through(otherwise.span), over: [condition, value, otherwise])
    }

    /// Without a ternary: what may follow `for … in`, where `if` is the loop's own.
    mutating func disjunction() throws(Diagnostics) -> Term {
        var left = try conjunction()
        while try takeName("or") {
            let right = try conjunction()
            left = try term(
                .either(left, right), left.span.through(right.span), over: [left, right])
        }
        return left
    }

    private mutating func conjunction() throws(Diagnostics) -> Term {
        var left = try negated()
        while try takeName("and") {
            let right = try negated()
            left = try term(.both(left, right), left.span.through(right.span), over: [left, right])
        }
        return left
    }

    private mutating func negated() throws(Diagnostics) -> Term {
        let start = token.span
        guard try takeName("not") else { return try comparison() }
        try enter()
        defer { depth -= 1 }
        let operand = try negated()
        return try term(.not(operand), start.through(operand.span), over: [operand])
    }

    private mutating func comparison() throws(Diagnostics) -> Term {
        let left = try sum()
        guard let relation = try takeRelation() else { return left }
        let right = try sum()
        let span = left.span.through(right.span)
        let at = token
        if try takeRelation() != nil {
            throw problem(
                "comparisons do not chain", at.span, hint: "write `a < b and b < c`")
        }
        let kind: Term.Kind =
            switch relation {
            case .comparison(let comparison): .comparison(comparison, left, right)
            case .membership(let negated): .membership(left, of: right, negated: negated)
            }
        return try term(kind, span, over: [left, right])
    }

    private enum Relation {
        case comparison(Comparison)
        case membership(negated: Bool)
    }

    private mutating func takeRelation() throws(Diagnostics) -> Relation? {
        if case .symbol(let symbol) = token.kind, let comparison = Comparison(rawValue: symbol) {
            try advance()
            return .comparison(comparison)
        }
        if try takeName("in") { return .membership(negated: false) }
        if try takeName("not") {
            guard try takeName("in") else { throw unexpected("`in` after `not`") }
            return .membership(negated: true)
        }
        return nil
    }

    private mutating func sum() throws(Diagnostics) -> Term {
        try leftToRight(["+", "-"]) { parser throws(Diagnostics) in try parser.concatenation() }
    }

    private mutating func concatenation() throws(Diagnostics) -> Term {
        try leftToRight(["~"]) { parser throws(Diagnostics) in try parser.product() }
    }

    private mutating func product() throws(Diagnostics) -> Term {
        try leftToRight(["*", "/", "//", "%"]) { parser throws(Diagnostics) in
            try parser.unary()
        }
    }

    private mutating func leftToRight(
        _ symbols: [String],
        operand: (inout ExpressionParser) throws(Diagnostics) -> Term
    ) throws(Diagnostics) -> Term {
        var left = try operand(&self)
        while case .symbol(let symbol) = token.kind, symbols.contains(symbol) {
            try advance()
            let right = try operand(&self)
            let kind: Term.Kind =
                Arithmetic(rawValue: symbol).map { .arithmetic($0, left, right) }
                ?? .concatenation(left, right)
            left = try term(kind, left.span.through(right.span), over: [left, right])
        }
        if token.kind == .symbol("**") {
            throw problem("there is no `**`", token.span, hint: "powers are left out on purpose")
        }
        return left
    }

    mutating func unary(filtered: Bool = true) throws(Diagnostics) -> Term {
        try enter()
        defer { depth -= 1 }
        let start = token.span
        let value: Term
        if try takeSymbol("-") {
            let operand = try unary(filtered: false)
            value = try term(.negation(operand), start.through(operand.span), over: [operand])
        } else {
            value = try primary()
        }
        let accessed = try postfix(value)
        return filtered ? try filtersAndTests(accessed) : accessed
    }

    private mutating func primary() throws(Diagnostics) -> Term {
        let token = token
        switch token.kind {
        case .name(let name):
            if Self.reserved.contains(name) { throw unexpected("a value") }
            try advance()
            switch name {
            case "true", "True": return literal(true, token)
            case "false", "False": return literal(false, token)
            case "none", "None": return literal(.null, token)
            default: return Term(kind: .name(name), span: token.span, height: 1)
            }
        case .integer(let value):
            try advance()
            return literal(.int(value), token)
        case .double(let value):
            try advance()
            return literal(.double(value), token)
        case .string(let value):
            try advance()
            return literal(.string(value), token)
        case .symbol("("): return try parenthesized()
        case .symbol("["):
            try advance()
            let elements = try sequence(until: "]")
            return try term(.list(elements), token.span.through(last), over: elements)
        case .symbol("{"): return try map()
        default: throw unexpected("a value")
        }
    }

    static let reserved: Set<String> = ["if", "else", "and", "or", "not", "in", "is"]

    private func literal(_ value: Value, _ token: Token) -> Term {
        Term(kind: .literal(value), span: token.span, height: 1)
    }

    /// A term in parentheses, or a tuple, which is a list here.
    private mutating func parenthesized() throws(Diagnostics) -> Term {
        let start = token.span
        try advance()
        if try takeSymbol(")") { return try term(.list([]), start.through(last), over: []) }
        let first = try expression()
        guard token.kind == .symbol(",") else {
            try expect(")", closing: start)
            return Term(kind: first.kind, span: start.through(last), height: first.height)
        }
        try advance()
        let elements = [first] + (try sequence(until: ")"))
        return try term(.list(elements), start.through(last), over: elements)
    }

    /// Terms with commas between, up to and with the closing bracket.
    mutating func sequence(until closing: String) throws(Diagnostics) -> [Term] {
        var elements: [Term] = []
        while try !takeSymbol(closing) {
            elements.append(try expression())
            guard try takeSymbol(",") else {
                try expect(closing)
                break
            }
        }
        return elements
    }

    private mutating func map() throws(Diagnostics) -> Term {
        let start = token.span
        try advance()
        if token.kind == .symbol("{") {
            throw problem(
                "this is an expression already", start.through(token.span),
                hint: "write it without `{{ }}`")
        }
        var entries: [Term.Entry] = []
        while try !takeSymbol("}") {
            let key = try expression()
            try expect(":")
            entries.append(Term.Entry(key: key, value: try expression()))
            guard try takeSymbol(",") else {
                try expect("}", closing: start)
                break
            }
        }
        return try term(
            .map(entries), start.through(last), over: entries.flatMap { [$0.key, $0.value] })
    }

    /// `.key`, `[index]` and calls.
    mutating func postfix(_ value: Term) throws(Diagnostics) -> Term {
        var value = value
        while true {
            if try takeSymbol(".") {
                value = try attribute(of: value)
            } else if try takeSymbol("[") {
                let index = try expression()
                if token.kind == .symbol(":") {
                    throw problem("there are no slices", token.span)
                }
                try expect("]")
                value = try term(
                    .index(value, index), value.span.through(last), over: [value, index])
            } else if token.kind == .symbol("("), case .name(let name) = value.kind {
                value = try call(name, value.span)
            } else {
                return value
            }
        }
    }

    private mutating func attribute(of value: Term) throws(Diagnostics) -> Term {
        if case .integer(let index) = token.kind {
            let element = literal(.int(index), token)
            try advance()
            return try term(
                .index(value, element), value.span.through(last), over: [value])
        }
        guard case .name(let name) = token.kind else { throw unexpected("a key after the dot") }
        let at = token.span
        try advance()
        guard token.kind == .symbol("(") else {
            return try term(
                .attribute(value, name), value.span.through(last), over: [value])
        }
        guard let view = Term.MapView(rawValue: name) else {
            throw unknown("method", name, at, known: Term.MapView.allCases.map(\.rawValue))
        }
        try advance()
        try expect(")")
        return try term(.entries(value, view), value.span.through(last), over: [value])
    }

    private mutating func call(_ name: String, _ at: Span) throws(Diagnostics) -> Term {
        guard name == "range" else { throw unknown("function", name, at, known: ["range"]) }
        try advance()
        let arguments = try sequence(until: ")")
        guard (1...3).contains(arguments.count) else {
            throw problem(
                "`range` takes one to three arguments", at.through(last), code: .filterArguments)
        }
        return try term(.range(arguments), at.through(last), over: arguments)
    }

    // MARK: Tokens

    /// The span of the token before the current one.
    private(set) var last = Span(start: 0, end: 0)

    mutating func advance() throws(Diagnostics) {
        last = token.span
        token = try lexer.next()
    }

    mutating func takeSymbol(_ symbol: String) throws(Diagnostics) -> Bool {
        guard token.kind == .symbol(symbol) else { return false }
        try advance()
        return true
    }

    mutating func takeName(_ name: String) throws(Diagnostics) -> Bool {
        guard token.kind == .name(name) else { return false }
        try advance()
        return true
    }

    mutating func expect(_ symbol: String, closing start: Span? = nil) throws(Diagnostics) {
        guard try !takeSymbol(symbol) else { return }
        throw unexpected("`\(symbol)`", opened: start)
    }

    // MARK: Terms and problems

    private mutating func enter() throws(Diagnostics) {
        depth += 1
        if depth > RenderLimits.nesting {
            throw problem(
                "the expression is nested deeper than \(RenderLimits.nesting) levels", token.span,
                code: .templateLimit)
        }
    }

    func term(
        _ kind: Term.Kind, _ span: Span, over children: [Term]
    ) throws(Diagnostics) -> Term {
        let height = 1 + (children.map(\.height).max() ?? 0)
        if height > RenderLimits.height {
            throw problem(
                "the expression has more than \(RenderLimits.height) levels", span,
                code: .templateLimit, hint: "`set` parts of it")
        }
        return Term(kind: kind, span: span, height: height)
    }

    func unexpected(
        _ wanted: String, opened start: Span? = nil, hint: String? = nil
    ) -> Diagnostics {
        Diagnostics([
            Diagnostic(
                .templateSyntax, "expected \(wanted) but found \(token.phrase)",
                at: source.place(token.span), hint: hint,
                related: start.map { [.init("opened here", at: source.place($0))] } ?? [])
        ])
    }

    func unknown(
        _ kind: String, _ name: String, _ span: Span, known: [String]
    ) -> Diagnostics {
        let nearest = nearestName(to: name, among: known)
        return Diagnostics([
            Diagnostic(
                .unknownFilter, "there is no \(kind) `\(name)`", at: source.place(span),
                hint: nearest.map { "did you mean `\($0)`?" },
                help: nearest == nil ? "known: \(known.sorted().joined(separator: ", "))" : nil)
        ])
    }

    func problem(
        _ message: String, _ span: Span, code: Diagnostic.Code = .templateSyntax,
        hint: String? = nil
    ) -> Diagnostics {
        Diagnostics([Diagnostic(code, message, at: source.place(span), hint: hint)])
    }
}
