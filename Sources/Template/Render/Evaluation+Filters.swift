import OrderedCollections
import Vocabulary

extension Evaluation {
    /// Applies a filter: unknown in, unknown out; secrets are laid open for it and what it makes
    /// of them is secret again.
    mutating func apply(_ call: FilterCall, to input: Value, _ operand: Term) -> Value {
        guard !isStopped else { return Self.poison }
        let arguments = call.arguments.map { $0.map { evaluate($0) } }
        return attempt(call.span, about: [operand]) { evaluation throws(Problem) in
            var hides = false
            var opened: [Value?] = []
            for argument in arguments {
                guard let argument else {
                    opened.append(nil)
                    continue
                }
                let survey = try evaluation.budget.survey(argument)
                if let reason = survey.unknown { return .unknown(reason) }
                hides = hides || survey.hides
                opened.append(survey.hides ? argument.exposed : argument)
            }
            var value = input.peeled(&hides)
            if case .unknown = value { return value }
            if call.filter.reach == .deep {
                let survey = try evaluation.budget.survey(value)
                if let reason = survey.unknown { return .unknown(reason) }
                hides = hides || survey.hides
                if survey.hides { value = value.exposed }
            }
            try evaluation.budget.spend(value.scanCost)
            let result = try call.filter.body(
                Filter.Call(
                    name: call.filter.name, input: value, arguments: opened,
                    room: evaluation.budget.text))
            try evaluation.budget.spend(for: result)
            return result.hidden(hides)
        }
    }

    /// `map`, `select` and their like.
    mutating func elementwise(_ term: Term) -> Value {
        switch term.kind {
        case .mapAttribute(let operand, let path, let fallback):
            let other = fallback.map { evaluate($0) }
            return each(of: operand, term.span) { evaluation, element in
                evaluation.member(of: element, path, operand, fallback: other)
            }
        case .mapFilter(let operand, let call):
            return each(of: operand, term.span) { evaluation, element in
                evaluation.apply(call, to: element, operand)
            }
        case .selection(let operand, let selection):
            var unknown: String?
            let result = each(of: operand, term.span) { evaluation, element in
                switch evaluation.selects(element, selection, operand) {
                case .yes: return selection.keeps ? element : nil
                case .no: return selection.keeps ? nil : element
                case .unknown(let reason):
                    unknown = unknown ?? reason
                    return nil
                }
            }
            return unknown.map { .unknown($0) } ?? result
        default: return evaluate(term)
        }
    }

    private mutating func each(
        of operand: Term, _ span: Span, _ body: (inout Self, Value) -> Value?
    ) -> Value {
        var hides = false
        let value = evaluate(operand).peeled(&hides)
        if case .unknown = value { return value }
        return attempt(span, about: [operand]) { evaluation throws(Problem) in
            guard case .list(let elements) = value else {
                throw .kind("`map` and `select` take a list, not \(value.kind.phrase)")
            }
            try evaluation.budget.spend(elements.count)
            return .list(elements.compactMap { body(&evaluation, $0) })
        }.hidden(hides)
    }

    private mutating func member(
        of element: Value, _ path: [String], _ operand: Term, fallback: Value?
    ) -> Value {
        var value = element
        for key in path {
            guard let next = value.member(key) else {
                if let fallback { return fallback }
                report(.key(key, of: operand, in: value, operand.span))
                return Self.poison
            }
            value = next
        }
        return value
    }

    private mutating func selects(
        _ element: Value, _ selection: Term.Selection, _ operand: Term
    ) -> Truth {
        let value = member(of: element, selection.path, operand, fallback: nil)
        if let call = selection.test { return test(value, call, about: operand) }
        if case .unknown(let reason) = value { return .unknown(reason) }
        return Truth(value.isTrue)
    }
}
