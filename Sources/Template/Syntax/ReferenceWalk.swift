import Vocabulary

/// Finds the variables that a template needs from outside.
struct ReferenceWalk {
    private let source: Source
    private(set) var references: [VariableReference] = []
    private var locals: Set<String> = []
    /// Paths that are tested with `is defined` on the way here.
    private var guarded: Set<[String]> = []

    init(_ source: Source) {
        self.source = source
    }

    mutating func nodes(_ nodes: [Node]) {
        for node in nodes {
            switch node {
            case .text: break
            case .output(let value): term(value)
            case .set(let name, let value):
                term(value)
                locals.insert(name)
            case .loop(let loop): self.loop(loop)
            case .condition(let branches, let otherwise): condition(branches, otherwise)
            }
        }
    }

    private mutating func loop(_ loop: Node.Loop) {
        term(loop.sequence)
        let outside = locals
        locals.formUnion(loop.names)
        if let condition = loop.condition { term(condition) }
        locals.insert("loop")
        let tested = loop.condition.map { definedPaths($0, when: true) } ?? []
        guarding(tested) { $0.nodes(loop.body) }
        locals = outside
        nodes(loop.otherwise)
        locals = outside
    }

    private mutating func condition(_ branches: [Node.Branch], _ otherwise: [Node]) {
        let outside = guarded
        for branch in branches {
            term(branch.condition)
            guarding(definedPaths(branch.condition, when: true)) { $0.nodes(branch.body) }
            guarded.formUnion(definedPaths(branch.condition, when: false))
        }
        nodes(otherwise)
        guarded = outside
    }

    private mutating func guarding(_ paths: [[String]], _ body: (inout Self) -> Void) {
        let outside = guarded
        guarded.formUnion(paths)
        body(&self)
        guarded = outside
    }

    /// The paths that are certainly defined when a condition has an outcome.
    private func definedPaths(_ term: Term, when outcome: Bool) -> [[String]] {
        switch term.kind {
        case .not(let operand): definedPaths(operand, when: !outcome)
        case .both(let left, let right) where outcome:
            definedPaths(left, when: true) + definedPaths(right, when: true)
        case .either(let left, let right) where !outcome:
            definedPaths(left, when: false) + definedPaths(right, when: false)
        case .isDefined(let operand, let negated) where negated != outcome:
            operand.path.map { [$0] } ?? []
        default: []
        }
    }

    /// - Parameter optional: the term is an operand of `default` or `is defined`.
    mutating func term(_ term: Term, optional: Bool = false) {
        switch term.kind {
        case .name, .attribute, .index: path(term, optional: optional)
        case .isDefined(let operand, _): self.term(operand, optional: true)
        case .fallback(let operand, let other, let whenFalse):
            self.term(operand, optional: true)
            self.term(other, optional: optional)
            if let whenFalse { self.term(whenFalse) }
        case .both(let left, let right):
            self.term(left)
            guarding(definedPaths(left, when: true)) { $0.term(right) }
        case .either(let left, let right):
            self.term(left)
            guarding(definedPaths(left, when: false)) { $0.term(right) }
        case .choice(let condition, let then, let otherwise):
            self.term(condition)
            guarding(definedPaths(condition, when: true)) { $0.term(then) }
            guarding(definedPaths(condition, when: false)) { $0.term(otherwise) }
        case .filter(let operand, let call) where ["first", "last"].contains(call.filter.name):
            self.term(operand, optional: optional)
        default:
            for child in term.children { self.term(child) }
        }
    }

    private mutating func path(_ term: Term, optional: Bool) {
        var path: [String] = []
        var base = term
        descent: while true {
            switch base.kind {
            case .name(let name):
                path.append(name)
                break descent
            case .attribute(let next, let key):
                path.append(key)
                base = next
            case .index(let next, let key):
                // What comes behind an index that is not a literal key cannot be followed.
                if let key = key.literalString {
                    path.append(key)
                } else {
                    self.term(key)
                    path = []
                }
                base = next
            default:
                self.term(base, optional: optional)
                return
            }
        }
        path.reverse()
        guard !locals.contains(path[0]) else { return }
        let isGuarded = path.indices.contains { guarded.contains(Array(path[...$0])) }
        references.append(
            VariableReference(
                path: path, place: source.place(term.span), isOptional: optional || isGuarded))
    }
}

extension Term {
    /// Whether it is a variable, and not a part of one.
    var isName: Bool { if case .name = kind { true } else { false } }

    /// The path of a plain `a.b["c"]`.
    var path: [String]? {
        switch kind {
        case .name(let name): [name]
        case .attribute(let base, let key): base.path.map { $0 + [key] }
        case .index(let base, let key):
            key.literalString.flatMap { key in base.path.map { $0 + [key] } }
        default: nil
        }
    }

    /// The terms directly below this one.
    fileprivate var children: [Term] {
        switch kind {
        case .literal, .name: []
        case .attribute(let base, _), .negation(let base), .not(let base), .entries(let base, _),
            .isDefined(let base, _):
            [base]
        case .index(let left, let right), .both(let left, let right), .either(let left, let right),
            .arithmetic(_, let left, let right), .concatenation(let left, let right),
            .comparison(_, let left, let right), .membership(let left, let right, _):
            [left, right]
        case .list(let elements), .range(let elements): elements
        case .map(let entries): entries.flatMap { [$0.key, $0.value] }
        case .choice(let condition, let then, let otherwise): [condition, then, otherwise]
        case .filter(let operand, let call), .mapFilter(let operand, let call):
            [operand] + call.arguments.compactMap { $0 }
        case .test(let operand, let call, _): [operand] + (call.argument.map { [$0] } ?? [])
        case .fallback(let operand, let other, let whenFalse):
            [operand, other] + (whenFalse.map { [$0] } ?? [])
        case .mapAttribute(let operand, _, let fallback):
            [operand] + (fallback.map { [$0] } ?? [])
        case .selection(let operand, let selection):
            [operand] + (selection.test?.argument.map { [$0] } ?? [])
        }
    }
}
