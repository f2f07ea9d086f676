public import Vocabulary

/// A bare expression: the condition of `when:`, the sequence of `for_each:`.
public struct TemplateExpression: Sendable {
    private let source: Source
    private let term: Term

    public static func parse(
        _ text: String, at origin: TextOrigin
    ) throws(Diagnostics) -> TemplateExpression {
        let source = Source(text, origin)
        var parser = try ExpressionParser(Lexer(source, at: 0, until: .text))
        let term = try parser.expression()
        guard case .end = parser.token.kind else { throw parser.unexpected("the end") }
        return TemplateExpression(source: source, term: term)
    }

    /// An expression that begins at `place` in its file.
    public static func parse(
        _ text: String, at place: SourcePlace
    ) throws(Diagnostics) -> TemplateExpression {
        try parse(text, at: TextOrigin(place))
    }

    public func evaluate(
        in scope: Scope, limits: RenderLimits = .standard
    ) throws(Diagnostics) -> Value {
        var evaluation = Evaluation(source, scope, limits)
        let value = evaluation.evaluate(term)
        try evaluation.problems.throwIfErrors()
        return value
    }

    /// Whether the condition holds, with Jinja's truth: null, `false`, zero and what is empty do
    /// not. Three-valued: `unknown and false` is `no`.
    public func holds(
        in scope: Scope, limits: RenderLimits = .standard
    ) throws(Diagnostics) -> Truth {
        var evaluation = Evaluation(source, scope, limits)
        let truth = evaluation.truth(of: term)
        try evaluation.problems.throwIfErrors()
        return truth
    }

    /// The variables that it needs, with the places of their use.
    public var references: [VariableReference] {
        var walk = ReferenceWalk(source)
        walk.term(term)
        return walk.references
    }

    /// What would be undefined given `known`, found without any value.
    public func undefined(in known: ValueShape) -> Diagnostics {
        known.undefined(references)
    }
}
