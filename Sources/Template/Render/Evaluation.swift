import Vocabulary

/// One rendering under way.
///
/// It does not stop at the first problem: a term that has one becomes unknown, which is
/// contagious, and the rest is still looked at, so that all undefined names are reported at once.
struct Evaluation {
    let source: Source
    let scope: Scope
    var budget: Budget
    var locals = Locals()
    private(set) var problems = Diagnostics()
    private var reported: Set<Span> = []
    /// Above zero in a branch that may not be taken, since its condition is not known yet: there
    /// only undefined names are reported.
    var speculation = 0
    /// Set when a limit is reached; everything ends quickly then.
    private(set) var isStopped = false

    init(_ source: Source, _ scope: Scope, _ limits: RenderLimits) {
        self.source = source
        self.scope = scope
        budget = Budget(limits)
    }

    /// What a term with a reported problem evaluates to.
    static let poison = Value.unknown("an error")

    mutating func report(_ problem: Problem, _ span: Span, about terms: [Term] = []) {
        report(problem, span, terms) { _ in nil }
    }

    /// - Parameter hint: computed only when the problem is not reported already.
    mutating func report(
        _ problem: Problem, _ span: Span, _ terms: [Term] = [], hint: (Self) -> String?
    ) {
        if problem.code == .templateLimit {
            guard !isStopped else { return }
            isStopped = true
        } else if speculation > 0, problem.code != .undefinedVariable {
            return
        }
        guard reported.insert(span).inserted else { return }
        problems.add(
            Diagnostic(
                problem.code, problem.message, at: source.place(span),
                hint: problem.hint ?? hint(self), related: terms.compactMap(setting)))
        if problems.all.count >= Diagnostics.many { isStopped = true }
    }

    /// Where the variable that a term is rooted in was set.
    private func setting(of term: Term) -> Diagnostic.Related? {
        switch term.kind {
        case .attribute(let base, _), .index(let base, _): return setting(of: base)
        case .name(let name) where locals[name] == nil:
            return scope.binding(of: name)?.place.map { .init("`\(name)` is set here", at: $0) }
        default: return nil
        }
    }

    /// Runs what can fail with a problem at `span`.
    mutating func attempt(
        _ span: Span, about terms: [Term] = [],
        _ body: (inout Self) throws(Problem) -> Value
    ) -> Value {
        do {
            return try body(&self)
        } catch {
            report(error, span, about: terms)
            return Self.poison
        }
    }
}

/// The variables that the template itself sets.
struct Locals {
    /// The template's own, then those of each loop's turn around the present place.
    private var frames: [[String: Value]] = [[:]]

    subscript(name: String) -> Value? {
        for frame in frames.reversed() {
            if let value = frame[name] { return value }
        }
        return nil
    }

    var names: [String] { frames.flatMap(\.keys) }

    /// Sets a variable in the innermost frame, which hides one of the same name outside.
    mutating func set(_ name: String, _ value: Value) {
        frames[frames.count - 1][name] = value
    }

    mutating func push() {
        frames.append([:])
    }

    mutating func pop() {
        frames.removeLast()
    }
}
