import ArgumentParser
import Vocabulary

struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say more about an error code.",
        discussion: """
            Examples:
              finflowctl explain FF0201     why it happens and how to mend it
              finflowctl explain            all codes, a line each
            """)

    @Argument(help: "The code, as an error prints it.")
    var code: String?

    func run() throws {
        let catalogue = Catalogue.codes
        guard let code else {
            for code in catalogue { Stream.output.line("\(code.id)  \(code.title)") }
            return
        }
        guard let found = catalogue.first(where: { $0.id == code.uppercased() }) else {
            let near = nearestName(to: code.uppercased(), among: catalogue.map(\.id))
            let hint = near.map { "; did you mean \($0)?" } ?? "; `finflowctl explain` lists all"
            throw ValidationError("there is no error \(code.visible)\(hint)")
        }
        let style = Style(for: .output)
        Stream.output.line(style.bold("\(found.id): \(found.title)"))
        Stream.output.line()
        Stream.output.line(wrapped(found.explanation, width: min(Stream.output.width, 80)))
        Stream.output.line()
        Stream.output.line("Exit status: \(found.status.rawValue)")
    }
}

/// Paragraphs filled to a width; lines that begin with a space stay as they are.
func wrapped(_ text: String, width: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
        guard !paragraph.hasPrefix(" ") else { return String(paragraph) }
        var lines: [String] = []
        var line = ""
        for word in paragraph.split(separator: " ") {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return (lines + [line]).joined(separator: "\n")
    }.joined(separator: "\n")
}
