import OrderedCollections
import Vocabulary

extension Evaluation {
    mutating func evaluate(_ term: Term) -> Value {
        guard !isStopped else { return Self.poison }
        do {
            try budget.spend()
        } catch {
            report(error, term.span)
            return Self.poison
        }
        switch term.kind {
        case .literal(let value): return value
        case .name, .attribute, .index: return required(term)
        case .filter(let operand, let call):
            if ["first", "last"].contains(call.filter.name) { return required(term) }
            return apply(call, to: evaluate(operand), operand)
        case .list(let elements): return list(elements, term.span)
        case .map(let entries): return map(entries, term.span)
        case .negation(let operand): return negation(of: operand, term.span)
        case .arithmetic(let operation, let left, let right):
            return binary(left, right, term.span) { _, left, right throws(Problem) in
                try operation.apply(left, right)
            }
        case .concatenation(let left, let right):
            return binary(left, right, term.span) { _, left, right throws(Problem) in
                .string(try left.text() + right.text())
            }
        case .both, .either: return connective(term)
        case .not, .comparison, .membership, .test, .isDefined:
            switch truth(of: term) {
            case .yes: return true
            case .no: return false
            case .unknown(let reason): return .unknown(reason)
            }
        case .choice(let condition, let then, let otherwise):
            return choice(condition, then, otherwise)
        case .fallback(let operand, let fallback, let whenFalse):
            return self.fallback(operand, fallback, whenFalse)
        case .mapAttribute, .mapFilter, .selection: return elementwise(term)
        case .range(let bounds): return range(bounds, term.span)
        case .entries(let operand, let view): return entries(operand, view, term.span)
        }
    }

    private mutating func required(_ term: Term) -> Value {
        switch look(up: term) {
        case .found(let value): return value
        case .missing(let missing):
            report(missing)
            return Self.poison
        }
    }

    private mutating func list(_ elements: [Term], _ span: Span) -> Value {
        .list(elements.map { evaluate($0) })
    }

    private mutating func map(_ entries: [Term.Entry], _ span: Span) -> Value {
        var result: OrderedDictionary<String, Value> = [:]
        var hides = false
        var unknown: String?
        for entry in entries {
            let value = evaluate(entry.value)
            switch evaluate(entry.key).peeled(&hides) {
            case .string(let key): result[key] = value
            case .unknown(let reason): unknown = unknown ?? reason
            case let key:
                report(
                    .kind("a key is a string, not \(key.kind.phrase)"), entry.key.span,
                    about: [entry.key])
                unknown = ""
            }
        }
        return unknown.map { .unknown($0) } ?? Value.map(result).hidden(hides)
    }

    private mutating func negation(of operand: Term, _ span: Span) -> Value {
        var hides = false
        let value = evaluate(operand).peeled(&hides)
        return attempt(span, about: [operand]) { _ throws(Problem) in
            switch value {
            case .unknown: value
            case .int(let number) where number != .min: .int(-number)
            case .int: throw .value("the number is beyond 64 bits")
            case .double(let number): .double(-number)
            default: throw .kind("`-` does not take \(value.kind.phrase)")
            }
        }.hidden(hides)
    }

    /// An operation on two values, both looked at only from outside.
    private mutating func binary(
        _ left: Term, _ right: Term, _ span: Span,
        _ body: (inout Self, Value, Value) throws(Problem) -> Value
    ) -> Value {
        var hides = false
        let leftValue = evaluate(left).peeled(&hides)
        let rightValue = evaluate(right).peeled(&hides)
        if case .unknown = leftValue { return leftValue }
        if case .unknown = rightValue { return rightValue }
        return attempt(span, about: [left, right]) { evaluation throws(Problem) in
            let result = try body(&evaluation, leftValue, rightValue)
            try evaluation.budget.spend(for: result)
            return result
        }.hidden(hides)
    }

    /// `and` and `or` yield one of their operands, as in Jinja.
    private mutating func connective(_ term: Term) -> Value {
        let (left, right, stopsAt): (Term, Term, Bool)
        switch term.kind {
        case .both(let first, let second): (left, right, stopsAt) = (first, second, false)
        case .either(let first, let second): (left, right, stopsAt) = (first, second, true)
        default: return evaluate(term)
        }
        let first = evaluate(left)
        guard case .unknown = first else {
            return first.isTrue == stopsAt ? first : evaluate(right)
        }
        speculation += 1
        defer { speculation -= 1 }
        _ = evaluate(right)
        return first
    }

    private mutating func choice(_ condition: Term, _ then: Term, _ otherwise: Term) -> Value {
        switch truth(of: condition) {
        case .yes: return evaluate(then)
        case .no: return evaluate(otherwise)
        case .unknown(let reason):
            speculation += 1
            defer { speculation -= 1 }
            _ = evaluate(then)
            _ = evaluate(otherwise)
            return .unknown(reason)
        }
    }

    /// The fallback is evaluated in any case, so that a slip in it is found before it is needed.
    private mutating func fallback(_ operand: Term, _ other: Term, _ whenFalse: Term?) -> Value {
        let found = look(up: operand)
        let fallback = evaluate(other)
        let replacesFalse = whenFalse.map { truth(of: $0) } ?? .no
        guard case .found(let value) = found else { return fallback }
        if case .unknown(let reason) = replacesFalse { return .unknown(reason) }
        guard replacesFalse == .yes else { return value }
        if case .unknown = value { return value }
        return value.isTrue ? value : fallback
    }

    private mutating func range(_ bounds: [Term], _ span: Span) -> Value {
        var hides = false
        let values = bounds.map { evaluate($0).peeled(&hides) }
        for value in values { if case .unknown = value { return value } }
        return attempt(span, about: bounds) { evaluation throws(Problem) in
            let numbers = values.compactMap(\.int)
            guard numbers.count == values.count else { throw .kind("`range` takes ints") }
            let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
            let step = numbers.count == 3 ? numbers[2] : 1
            guard step != 0 else { throw .value("the step of `range` is zero") }
            var elements: [Value] = []
            var next = start
            while step > 0 ? next < end : next > end {
                try evaluation.budget.spend()
                elements.append(.int(next))
                let (following, overflow) = next.addingReportingOverflow(step)
                if overflow { break }
                next = following
            }
            return .list(elements)
        }.hidden(hides)
    }

    private mutating func entries(_ operand: Term, _ view: Term.MapView, _ span: Span) -> Value {
        var hides = false
        let value = evaluate(operand).peeled(&hides)
        if case .unknown = value { return value }
        return attempt(span, about: [operand]) { evaluation throws(Problem) in
            guard case .map(let entries) = value else {
                throw .kind("\(value.kind.phrase) has no `\(view.rawValue)()`")
            }
            try evaluation.budget.spend(entries.count)
            switch view {
            case .items: return .list(entries.map { .list([.string($0.key), $0.value]) })
            case .keys: return .list(entries.keys.map { .string($0) })
            case .values: return .list(Array(entries.values))
            }
        }.hidden(hides)
    }
}
