public import Vocabulary

/// A scalar: its text as YAML decodes it, what that text means, and how it was written.
public struct YAMLScalar: Sendable {
    public enum Style: Sendable, Hashable {
        case plain, singleQuoted, doubleQuoted
        /// `|`: line by line as written.
        case literal
        /// `>`: lines folded into one.
        case folded
    }

    /// The types of the core schema (YAML 1.2.2, 10.3). Only a plain scalar is anything but a
    /// text.
    public enum Meaning: Sendable, Hashable {
        case null
        case bool(Bool)
        case int(Int)
        case double(Double)
        case text
    }

    public let text: String
    public let meaning: Meaning
    public let style: Style
    let source: ScalarSource

    /// Where in the file a position of ``text`` was written. Both are 1-based, and count Unicode
    /// scalars. For quoted texts with escapes and for folded ones this looks at the source again,
    /// so it is for diagnostics.
    public func position(of inner: SourcePlace.Position) -> SourcePlace.Position {
        source.position(of: inner, in: text, style: style)
    }
}
