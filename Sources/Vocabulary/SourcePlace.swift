/// A stretch of a text that people edit: where a diagnostic points.
///
/// Lines and columns are 1-based; columns count Unicode scalars, as libyaml's marks do.
/// `end` is exclusive: the first column behind the stretch.
public struct SourcePlace: Hashable, Sendable {
    public struct Position: Hashable, Sendable, Comparable {
        public var line: Int
        public var column: Int

        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        public static func < (left: Position, right: Position) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    /// The path as the operator would type it, or a name in angle brackets (`<--set>`).
    public var file: String
    public var start: Position
    public var end: Position

    public init(file: String, start: Position, end: Position? = nil) {
        self.file = file
        self.start = start
        self.end = end ?? Position(line: start.line, column: start.column + 1)
    }

    public init(file: String, line: Int, column: Int) {
        self.init(file: file, start: Position(line: line, column: column))
    }

    public var line: Int { start.line }
    public var column: Int { start.column }
}

extension SourcePlace: CustomStringConvertible {
    /// `file:line:column`, the form that editors and terminals open.
    public var description: String { "\(file):\(start.line):\(start.column)" }
}

extension SourcePlace: Comparable {
    public static func < (left: SourcePlace, right: SourcePlace) -> Bool {
        (left.file, left.start, left.end) < (right.file, right.start, right.end)
    }
}
