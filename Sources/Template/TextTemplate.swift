public import Vocabulary

/// A text with `{{ outputs }}` and `{% statements %}`: a strict subset of Jinja, parsed once and
/// rendered many times.
///
/// Strict means: an undefined name is an error with its place, kinds are not mixed silently, and
/// every malformed tag is found when the text is parsed. What is accepted yields what Jinja
/// (`trim_blocks`, `keep_trailing_newline`) yields, but that bools are written `true` and `false`.
public struct TextTemplate: Sendable {
    private let source: Source
    private let nodes: [Node]

    /// Reads a template; all that is malformed is reported at once.
    public static func parse(
        _ text: String, at origin: TextOrigin
    ) throws(Diagnostics) -> TextTemplate {
        let source = Source(text, origin)
        return TextTemplate(source: source, nodes: try TemplateParser.parse(source))
    }

    /// A text that begins at `place` in its file.
    public static func parse(
        _ text: String, at place: SourcePlace
    ) throws(Diagnostics) -> TextTemplate {
        try parse(text, at: TextOrigin(place))
    }

    /// Whether nothing in it depends on variables, statements or comments.
    public var isLiteral: Bool {
        nodes.allSatisfy { if case .text = $0 { true } else { false } }
    }

    /// The value that a playbook's field has: a text that is one whole expression keeps its kind
    /// (`"{{ port }}"` is an int), every other one is a string.
    ///
    /// Secret when a secret went into it, unknown when something in it is not known yet.
    public func render(
        in scope: Scope, limits: RenderLimits = .standard
    ) throws(Diagnostics) -> Value {
        var evaluation = Evaluation(source, scope, limits)
        let value: Value
        if nodes.count == 1, case .output(let term) = nodes[0] {
            value = evaluation.evaluate(term)
        } else {
            value = evaluation.text(nodes)
        }
        try evaluation.problems.throwIfErrors()
        return value
    }

    /// The content of a file: always a string, secret or unknown as with ``render(in:limits:)``.
    public func renderText(
        in scope: Scope, limits: RenderLimits = .standard
    ) throws(Diagnostics) -> Value {
        var evaluation = Evaluation(source, scope, limits)
        let value = evaluation.text(nodes)
        try evaluation.problems.throwIfErrors()
        return value
    }

    /// The variables that it needs from outside, with the places of their use.
    public var references: [VariableReference] {
        var walk = ReferenceWalk(source)
        walk.nodes(nodes)
        return walk.references
    }

    /// What would be undefined given `known`, found without any value.
    public func undefined(in known: ValueShape) -> Diagnostics {
        known.undefined(references)
    }
}

extension Evaluation {
    fileprivate mutating func text(_ nodes: [Node]) -> Value {
        var output = RenderedText()
        render(nodes, into: &output)
        return output.value
    }
}
