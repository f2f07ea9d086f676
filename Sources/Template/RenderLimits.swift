public import Vocabulary

/// How far a template may go before it ends with a diagnostic.
public struct RenderLimits: Sendable, Hashable {
    /// The most text that one rendering may make, intermediate strings included.
    public var text: ByteCount
    /// Evaluated terms, loop turns and elements looked at.
    public var steps: Int

    public init(text: ByteCount = .mebibytes(64), steps: Int = 10_000_000) {
        self.text = text
        self.steps = steps
    }

    public static let standard = RenderLimits()

    /// Nesting of brackets, blocks and values, and the height of an expression: what recursion
    /// costs in stack, so fixed.
    static let nesting = 64
    static let height = 128
}
