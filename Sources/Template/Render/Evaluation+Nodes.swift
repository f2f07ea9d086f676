import OrderedCollections
import Vocabulary

/// The text that a rendering makes, and what became of it.
struct RenderedText {
    var text = ""
    var hides = false
    var unknown: String?

    var value: Value {
        if let unknown { return .unknown(unknown) }
        return Value.string(text).hidden(hides)
    }
}

extension Evaluation {
    mutating func render(_ nodes: [Node], into output: inout RenderedText) {
        for node in nodes {
            guard !isStopped else { return }
            switch node {
            case .text(let text): append(text, to: &output, Span(start: 0, end: 0))
            case .output(let term): emit(evaluate(term), term, into: &output)
            case .set(let name, let term): set(name, term)
            case .condition(let branches, let otherwise):
                render(branches, otherwise: otherwise, into: &output)
            case .loop(let loop): render(loop, into: &output)
            }
        }
    }

    private mutating func append(_ text: String, to output: inout RenderedText, _ span: Span) {
        do {
            try budget.spend(1 + text.utf8.count / 64)
            try budget.spend(text: text.utf8.count)
            output.text += text
        } catch {
            report(error, span)
        }
    }

    private mutating func emit(_ value: Value, _ term: Term, into output: inout RenderedText) {
        if case .unknown(let reason) = value {
            output.unknown = output.unknown ?? reason
            return
        }
        do {
            let text = try value.peeled(&output.hides).text()
            append(text, to: &output, term.span)
        } catch {
            report(error, term.span, about: [term])
        }
    }

    /// What is set in a branch that may not be taken is not known afterwards.
    private mutating func set(_ name: String, _ term: Term) {
        let value = evaluate(term)
        // The size of what a template builds is bounded here, where building up goes on from.
        let checked = attempt(term.span) { evaluation throws(Problem) in
            _ = try evaluation.budget.survey(value)
            return value
        }
        locals.set(
            name, speculation > 0 && !checked.isUnknown ? .unknown("`\(name)` may be set") : checked
        )
    }

    private mutating func render(
        _ branches: [Node.Branch], otherwise: [Node], into output: inout RenderedText
    ) {
        let outside = speculation
        defer { speculation = outside }
        for branch in branches {
            switch truth(of: branch.condition) {
            case .no: continue
            case .yes:
                render(branch.body, into: &output)
                return
            case .unknown(let reason):
                output.unknown = output.unknown ?? reason
                speculation += 1
                render(branch.body, into: &output)
            }
        }
        render(otherwise, into: &output)
    }

    private mutating func render(_ loop: Node.Loop, into output: inout RenderedText) {
        var hides = false
        let sequence = evaluate(loop.sequence).peeled(&hides)
        switch sequence {
        case .unknown(let reason): speculate(loop, reason, into: &output)
        case .list(let elements): render(loop, over: elements, hides, into: &output)
        case .map(let entries) where loop.names.count == 1:
            render(loop, over: entries.keys.map { .string($0) }, hides, into: &output)
        case .map(let entries):
            let pairs = entries.map { Value.list([.string($0.key), $0.value]) }
            render(loop, over: pairs, hides, into: &output)
        default:
            report(
                .kind("a loop goes over a list or a map, not \(sequence.kind.phrase)"),
                loop.sequence.span, about: [loop.sequence])
            speculate(loop, "", into: &output)
        }
    }

    private mutating func render(
        _ loop: Node.Loop, over elements: [Value], _ hides: Bool, into output: inout RenderedText
    ) {
        guard let turns = turns(of: loop, elements, hides) else {
            return speculate(loop, "", into: &output)
        }
        for (index, element) in turns.enumerated() where !isStopped {
            locals.push()
            bind(loop, element)
            if loop.usesLoop { locals.set("loop", Self.loopVariable(index, turns.count)) }
            do {
                try budget.spend()
            } catch {
                report(error, loop.sequence.span)
            }
            render(loop.body, into: &output)
            locals.pop()
        }
        if turns.isEmpty { render(loop.otherwise, into: &output) }
    }

    /// The elements that pass the loop's condition; `nil` when that is not known.
    private mutating func turns(
        of loop: Node.Loop, _ elements: [Value], _ hides: Bool
    ) -> [Value]? {
        let elements = hides ? elements.map { $0.hidden(true) } : elements
        guard let condition = loop.condition else { return elements }
        var turns: [Value] = []
        var isKnown = true
        for element in elements where !isStopped {
            locals.push()
            bind(loop, element)
            switch truth(of: condition) {
            case .yes: turns.append(element)
            case .no: break
            case .unknown: isKnown = false
            }
            locals.pop()
        }
        return isKnown ? turns : nil
    }

    private mutating func bind(_ loop: Node.Loop, _ element: Value) {
        guard loop.names.count > 1 else { return locals.set(loop.names[0], element) }
        var hides = false
        switch element.peeled(&hides) {
        case .list(let parts) where parts.count == loop.names.count:
            for (name, part) in zip(loop.names, parts) { locals.set(name, part.hidden(hides)) }
        case let other:
            if case .unknown = other {
            } else {
                let found = other.list.map { "a list of \($0.count)" } ?? other.kind.phrase
                report(
                    .kind("an element is \(found) and does not unpack into \(loop.names.count)"),
                    loop.sequence.span, about: [loop.sequence])
            }
            for name in loop.names { locals.set(name, Self.poison) }
        }
    }

    /// A loop over something that is not known: its parts are looked at once.
    private mutating func speculate(
        _ loop: Node.Loop, _ reason: String, into output: inout RenderedText
    ) {
        output.unknown = output.unknown ?? reason
        speculation += 1
        defer { speculation -= 1 }
        locals.push()
        for name in loop.names { locals.set(name, .unknown(reason)) }
        if let condition = loop.condition { _ = truth(of: condition) }
        if loop.usesLoop { locals.set("loop", Self.loopVariable(0, 1).mapValues(to: reason)) }
        render(loop.body, into: &output)
        locals.pop()
        render(loop.otherwise, into: &output)
    }

    static let loopKeys = [
        "index", "index0", "revindex", "revindex0", "first", "last", "length",
    ]

    private static func loopVariable(_ index: Int, _ count: Int) -> Value {
        [
            "index": .int(index + 1), "index0": .int(index),
            "revindex": .int(count - index), "revindex0": .int(count - index - 1),
            "first": .bool(index == 0), "last": .bool(index == count - 1), "length": .int(count),
        ]
    }
}

extension Value {
    /// A map with the same keys, all unknown.
    fileprivate func mapValues(to reason: String) -> Value {
        guard case .map(let entries) = self else { return .unknown(reason) }
        return .map(entries.mapValues { _ in .unknown(reason) })
    }
}
