import Vocabulary

/// Conditions. Their outcome is one bit and never secret, even if it was taken from one: else a
/// single `{% if password is defined %}` would hide a whole file.
extension Evaluation {
    mutating func truth(of term: Term) -> Truth {
        switch term.kind {
        case .not(let operand): return truth(of: operand).negated
        case .both(let left, let right): return connective(left, right, stopsAt: .no)
        case .either(let left, let right): return connective(left, right, stopsAt: .yes)
        case .isDefined(let operand, let negated):
            guard !isStopped else { return .unknown("") }
            switch look(up: operand) {
            case .missing: return Truth(negated)
            // A variable is set, whatever it will be; what is in it may not be there then.
            case .found(.unknown(let reason)) where !operand.isName: return .unknown(reason)
            case .found: return Truth(!negated)
            }
        case .comparison(let comparison, let left, let right):
            return decide(left, right, term.span) { evaluation, left, right throws(Problem) in
                try comparison.holds(left, right, &evaluation.budget)
            }
        case .membership(let element, let collection, let negated):
            let truth = decide(element, collection, term.span) {
                evaluation, element, collection throws(Problem) in
                try collection.contains(element, &evaluation.budget)
            }
            return negated ? truth.negated : truth
        case .test(let operand, let call, let negated):
            let value = evaluate(operand)
            let truth = test(value, call, about: operand)
            return negated ? truth.negated : truth
        default:
            let value = evaluate(term)
            if case .unknown(let reason) = value { return .unknown(reason) }
            return Truth(value.isTrue)
        }
    }

    /// Three-valued: `unknown and false` is false, whatever the unknown turns out to be.
    private mutating func connective(_ left: Term, _ right: Term, stopsAt: Truth) -> Truth {
        let first = truth(of: left)
        guard case .unknown = first else {
            return first == stopsAt ? first : truth(of: right)
        }
        speculation += 1
        defer { speculation -= 1 }
        let second = truth(of: right)
        return second == stopsAt ? second : first
    }

    private mutating func decide(
        _ left: Term, _ right: Term, _ span: Span,
        _ body: (inout Self, Value, Value) throws(Problem) -> Bool?
    ) -> Truth {
        var hides = false
        let leftValue = evaluate(left).peeled(&hides)
        let rightValue = evaluate(right).peeled(&hides)
        return outcome(of: [leftValue, rightValue], span, about: [left, right]) {
            evaluation throws(Problem) in try body(&evaluation, leftValue, rightValue)
        }
    }

    mutating func test(_ value: Value, _ call: TestCall, about operand: Term) -> Truth {
        var hides = false
        let value = value.peeled(&hides)
        let argument = call.argument.map { evaluate($0).peeled(&hides) }
        return outcome(of: [value] + (argument.map { [$0] } ?? []), call.span, about: [operand]) {
            evaluation throws(Problem) in
            try call.test.body(value, argument ?? .null, &evaluation.budget)
        }
    }

    private mutating func outcome(
        of values: [Value], _ span: Span, about terms: [Term],
        _ body: (inout Self) throws(Problem) -> Bool?
    ) -> Truth {
        for value in values { if case .unknown(let reason) = value { return .unknown(reason) } }
        do {
            if let holds = try body(&self) { return Truth(holds) }
            return .unknown(values.lazy.compactMap(\.unknownReason).first ?? "")
        } catch {
            report(error, span, about: terms)
            return .unknown("")
        }
    }
}

extension Value {
    /// `element in self`: of a list, a key of a map, a part of a string.
    fileprivate func contains(_ element: Value, _ budget: inout Budget) throws(Problem) -> Bool? {
        switch (self, element) {
        case (.string(let text), .string(let part)):
            try budget.spend(1 + text.utf8.count)
            return Array(text.utf8).firstRange(of: Array(part.utf8), from: 0) != nil
        case (.map(let entries), .string(let key)): return entries[key] != nil
        case (.list(let elements), _):
            var result: Bool? = false
            var comparable = elements.isEmpty || element.isNull
            for candidate in elements {
                let same = try candidate.equals(element, &budget)
                if same == true { return true }
                if same == nil { result = nil }
                comparable = comparable || candidate.isComparable(to: element) || same == nil
            }
            guard comparable else {
                throw .kind(
                    "the list has no \(element.kind.rawValue) in it, so `in` can never hold",
                    hint: "convert with `int` or `string`")
            }
            return result
        default:
            throw .kind("`in` does not look for \(element.kind.phrase) in \(kind.phrase)")
        }
    }
}
