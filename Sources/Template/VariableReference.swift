public import Vocabulary

/// A use of a variable that a template does not set itself.
public struct VariableReference: Sendable, Hashable {
    /// The variable and the keys under it, as far as they are literal: `["db", "host"]`.
    public var path: [String]
    public var place: SourcePlace
    /// It may be undefined: under `default` or `is defined`, or where such a test guards it.
    public var isOptional: Bool

    public var name: String { path[0] }
}
