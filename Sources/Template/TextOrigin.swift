public import Vocabulary

/// Where the text of a template stands in the file that people edit, so that a diagnostic points
/// there and not into a string that they never see.
public struct TextOrigin: Sendable {
    public let file: String
    private let position: @Sendable (SourcePlace.Position) -> SourcePlace.Position

    /// The text is the whole file.
    public init(file: String) {
        self.init(file: file) { $0 }
    }

    /// The text begins at `start`. Its further lines are the file's further lines, and begin at
    /// `continuationColumn` there: the indentation of a YAML block scalar plus one.
    public init(_ start: SourcePlace, continuationColumn: Int = 1) {
        let (line, column) = (start.line, start.column)
        self.init(file: start.file) { position in
            SourcePlace.Position(
                line: line + position.line - 1,
                column: position.column - 1 + (position.line == 1 ? column : continuationColumn))
        }
    }

    /// The general case (folded scalars, escapes): a function from positions in the text, 1-based
    /// as everywhere, to positions in the file.
    public init(
        file: String,
        position: @escaping @Sendable (SourcePlace.Position) -> SourcePlace.Position
    ) {
        self.file = file
        self.position = position
    }

    func place(_ start: SourcePlace.Position, _ end: SourcePlace.Position) -> SourcePlace {
        let (start, end) = (position(start), position(end))
        return SourcePlace(
            file: file, start: start,
            end: max(end, SourcePlace.Position(line: start.line, column: start.column + 1)))
    }
}
