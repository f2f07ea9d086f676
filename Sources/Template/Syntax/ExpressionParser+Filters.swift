import Vocabulary

/// Filters and tests: what may follow a value.
extension ExpressionParser {
    mutating func filtersAndTests(_ value: Term) throws(Diagnostics) -> Term {
        var value = value
        while true {
            if try takeSymbol("|") {
                value = try filter(of: value)
            } else if try takeName("is") {
                value = try test(of: value)
            } else {
                return value
            }
        }
    }

    private mutating func filter(of value: Term) throws(Diagnostics) -> Term {
        guard case .name(let name) = token.kind else { throw unexpected("the name of a filter") }
        let at = token.span
        try advance()
        var arguments = Arguments(at: at)
        if try takeSymbol("(") { arguments = try self.arguments(at) }
        let span = value.span.through(last)
        let children = [value] + arguments.terms
        switch name {
        case "default", "d":
            let bound = try bind(
                arguments, to: [.required("default_value"), .optional("boolean")], of: name)
            guard let fallback = bound[0] else { return value }
            return try term(
                .fallback(value, fallback, whenFalse: bound[1]), span, over: children)
        case "map": return try mapping(of: value, arguments, span)
        case "select", "reject", "selectattr", "rejectattr":
            return try selection(of: value, name, arguments, span)
        default:
            let call = try filterCall(name, arguments)
            return try term(.filter(value, call), span, over: children)
        }
    }

    private func filterCall(
        _ name: String, _ arguments: Arguments
    ) throws(Diagnostics) -> FilterCall {
        guard let filter = Filter.named[name] else {
            throw unknown("filter", name, arguments.span, known: Filter.names)
        }
        let bound = try bind(arguments, to: filter.parameters, of: name)
        return FilterCall(filter: filter, arguments: bound, span: arguments.span)
    }

    /// `map(attribute="a.b")` and `map("filter", …)`.
    private func mapping(
        of value: Term, _ arguments: Arguments, _ span: Span
    ) throws(Diagnostics) -> Term {
        let children = [value] + arguments.terms
        if let inner = arguments.takingName() {
            let call = try filterCall(inner.name, inner.rest)
            return try term(.mapFilter(value, call), span, over: children)
        }
        let bound = try bind(
            arguments, to: [.keyword("attribute"), .optional("default")], of: "map")
        guard let path = bound[0]?.literalString else {
            throw problem(
                "`map` takes the name of a filter or `attribute=\"key\"`", arguments.span,
                code: .filterArguments)
        }
        return try term(
            .mapAttribute(value, path: path.dotted, fallback: bound[1]), span, over: children)
    }

    private func selection(
        of value: Term, _ name: String, _ arguments: Arguments, _ span: Span
    ) throws(Diagnostics) -> Term {
        var arguments = arguments
        var path: [String] = []
        if name.hasSuffix("attr") {
            guard let attribute = arguments.takingName() else {
                throw problem(
                    "`\(name)` takes a key and a test", arguments.span, code: .filterArguments)
            }
            path = attribute.name.dotted
            arguments = attribute.rest
        }
        var call: TestCall?
        if let test = arguments.takingName() {
            call = try testCall(test.name, test.rest, of: name)
        } else if !arguments.isEmpty {
            throw problem(
                "`\(name)` takes the name of a test, in quotes", arguments.span,
                code: .filterArguments)
        }
        let selection = Term.Selection(path: path, test: call, keeps: name.hasPrefix("select"))
        return try term(
            .selection(value, selection), span, over: [value] + arguments.terms)
    }

    private mutating func test(of value: Term) throws(Diagnostics) -> Term {
        let negated = try takeName("not")
        guard case .name(let name) = token.kind else { throw unexpected("the name of a test") }
        let at = token.span
        try advance()
        if name == "defined" || name == "undefined" {
            return try term(
                .isDefined(value, negated: negated != (name == "undefined")),
                value.span.through(last), over: [value])
        }
        var arguments = Arguments(at: at)
        if try takeSymbol("(") {
            arguments = try self.arguments(at)
        } else if ValueTest.named[name]?.takesArgument == true {
            let argument = try postfix(try testArgument())
            arguments.positional.append(argument)
        }
        let call = try testCall(name, arguments, of: nil)
        return try term(
            .test(value, call, negated: negated), value.span.through(last),
            over: [value] + arguments.terms)
    }

    /// The argument of a test without parentheses: `x is divisibleby 3`.
    private mutating func testArgument() throws(Diagnostics) -> Term {
        try unary(filtered: false)
    }

    private func testCall(
        _ name: String, _ arguments: Arguments, of filter: String?
    ) throws(Diagnostics) -> TestCall {
        guard let test = ValueTest.named[name] else {
            throw unknown("test", name, arguments.span, known: ValueTest.names)
        }
        let parameters: [Parameter] = test.takesArgument ? [.required("value")] : []
        let bound = try bind(arguments, to: parameters, of: name)
        return TestCall(test: test, argument: bound.first ?? nil, span: arguments.span)
    }
}

extension ExpressionParser {
    /// What stands in the parentheses of a call.
    struct Arguments {
        /// The name of what is called, for errors.
        var span: Span
        var positional: [Term] = []
        var keywords: [(name: String, span: Span, value: Term)] = []

        init(at span: Span) { self.span = span }

        var isEmpty: Bool { positional.isEmpty && keywords.isEmpty }
        var terms: [Term] { positional + keywords.map(\.value) }

        /// The first argument, a literal string, and the others.
        func takingName() -> (name: String, rest: Arguments)? {
            guard let first = positional.first, let name = first.literalString else { return nil }
            var rest = self
            rest.positional.removeFirst()
            return (name, rest)
        }
    }

    private mutating func arguments(_ at: Span) throws(Diagnostics) -> Arguments {
        var arguments = Arguments(at: at)
        while try !takeSymbol(")") {
            let value = try expression()
            if token.kind == .symbol("="), case .name(let name) = value.kind {
                try advance()
                arguments.keywords.append((name, value.span, try expression()))
            } else if arguments.keywords.isEmpty {
                arguments.positional.append(value)
            } else {
                throw problem(
                    "an argument without a name follows one with a name", value.span,
                    code: .filterArguments)
            }
            guard try takeSymbol(",") else {
                try expect(")")
                break
            }
        }
        return arguments
    }

    /// One term for each parameter, in their order.
    private func bind(
        _ arguments: Arguments, to parameters: [Parameter], of name: String
    ) throws(Diagnostics) -> [Term?] {
        var bound = [Term?](repeating: nil, count: parameters.count)
        let places = parameters.indices.filter { !parameters[$0].onlyByName }
        for (position, value) in arguments.positional.enumerated() {
            guard position < places.count else {
                throw problem(
                    "too many arguments of `\(name)`", value.span, code: .filterArguments)
            }
            bound[places[position]] = value
        }
        for (keyword, span, value) in arguments.keywords {
            guard let index = parameters.firstIndex(where: { $0.name == keyword }),
                bound[index] == nil
            else {
                let known = parameters.map(\.name)
                let nearest = nearestName(to: keyword, among: known)
                throw problem(
                    known.contains(keyword)
                        ? "`\(keyword)` is given twice"
                        : "`\(name)` has no argument `\(keyword)`",
                    span, code: .filterArguments, hint: nearest.map { "did you mean `\($0)`?" })
            }
            bound[index] = value
        }
        for (parameter, value) in zip(parameters, bound) where parameter.isRequired && value == nil
        {
            throw problem(
                "`\(name)` needs its argument `\(parameter.name)`", arguments.span,
                code: .filterArguments)
        }
        return bound
    }
}

extension Term {
    var literalString: String? {
        if case .literal(.string(let text)) = kind { text } else { nil }
    }
}

extension String {
    /// The keys of `a.b.c`.
    var dotted: [String] {
        split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    }
}
