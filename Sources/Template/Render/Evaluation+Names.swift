import OrderedCollections
import Vocabulary

/// Variables, keys and elements: what may be undefined.
extension Evaluation {
    enum Lookup {
        case found(Value)
        case missing(Missing)
    }

    enum Missing {
        case variable(String, Span)
        case key(String, of: Term, in: Value, Span)
        /// Without its number when that is secret.
        case element(Int?, count: Int, Span)
        /// `first` or `last` of an empty list.
        case none(String, Span)
    }

    /// The value of a term that may be undefined, without reporting that; other terms are
    /// evaluated.
    mutating func look(up term: Term) -> Lookup {
        switch term.kind {
        case .name(let name):
            if let value = locals[name] ?? scope[name] { return .found(value) }
            return .missing(.variable(name, term.span))
        case .attribute(let base, let key):
            let found = look(up: base)
            guard case .found(let value) = found else { return found }
            if let member = value.member(key) { return .found(member) }
            let span = Span(start: term.span.end - key.utf8.count, end: term.span.end)
            return .missing(.key(key, of: base, in: value, span))
        case .index(let base, let index):
            let found = look(up: base)
            let key = evaluate(index)
            guard case .found(let value) = found else { return found }
            return element(of: value, base, key, index.span)
        case .filter(let operand, let call) where ["first", "last"].contains(call.filter.name):
            let found = look(up: operand)
            guard case .found(let value) = found else { return found }
            var hides = false
            if case .list(let elements) = value.peeled(&hides), elements.isEmpty {
                return .missing(
                    .none("the list is empty and has no \(call.filter.name)", call.span))
            }
            return .found(apply(call, to: value, operand))
        default: return .found(evaluate(term))
        }
    }

    private mutating func element(
        of value: Value, _ base: Term, _ key: Value, _ span: Span
    ) -> Lookup {
        var hides = false
        switch (value.peeled(&hides), key.peeled(&hides)) {
        case (.unknown(let reason), _), (_, .unknown(let reason)):
            return .found(.unknown(reason))
        case (.map(let entries), .string(let key)):
            if let member = entries[key] { return .found(member.hidden(hides)) }
            return .missing(.key(hides ? redaction : key, of: base, in: value, span))
        case (.list(let elements), .int(let index)):
            let position = index < 0 ? elements.count + index : index
            if elements.indices.contains(position) {
                return .found(elements[position].hidden(hides))
            }
            return .missing(.element(hides ? nil : index, count: elements.count, span))
        case (let value, let key):
            let problem = Problem.kind(
                "\(value.kind.phrase) cannot be indexed with \(key.kind.phrase)")
            report(problem, base.span.through(span), about: [base])
            return .found(Self.poison)
        }
    }

    mutating func report(_ missing: Missing) {
        func undefined(_ message: String) -> Problem {
            Problem(code: .undefinedVariable, message: message)
        }
        switch missing {
        case .variable(let name, let span):
            report(undefined("`\(name)` is not defined"), span) { evaluation in
                nearestName(
                    to: name, among: evaluation.scope.names + evaluation.locals.names
                ).map { "did you mean `\($0)`?" }
            }
        case .key(let key, let base, let value, let span):
            let owner = source.text(base.span.start..<base.span.end).visible
            var hides = false
            guard case .map(let entries) = value.peeled(&hides) else {
                report(
                    undefined("`\(owner)` is \(value.kind.phrase) and has no key `\(key)`"), span,
                    about: [base])
                return
            }
            if let path = base.path, let reason = scope.absence(at: path + [key]) {
                let problem = undefined("`\(owner)` has no `\(key)`: \(reason)")
                report(problem, span, [base]) { _ in
                    "say what then: `default(…)`, or ask whether it `is defined`"
                }
                return
            }
            report(undefined("`\(owner)` has no key `\(key)`"), span, [base]) { _ in
                // The keys of a secret are part of it.
                hides
                    ? nil
                    : nearestName(to: key, among: entries.keys).map { "did you mean `\($0)`?" }
            }
        case .element(let index, let count, let span):
            let element = index.map { "element \($0)" } ?? "such element"
            report(undefined("there is no \(element) in a list of \(count)"), span)
        case .none(let message, let span): report(undefined(message), span)
        }
    }
}
