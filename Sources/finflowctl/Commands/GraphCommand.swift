import ArgumentParser
import TaskGraph

struct GraphCommand: AsyncParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, mermaid, dot
    }

    static let configuration = CommandConfiguration(
        commandName: "graph",
        abstract: "Draw the graph of tasks: what comes after what, and why.",
        discussion: """
            Examples:
              finflowctl graph --env staging --limit app-01
              finflowctl graph --env staging --format dot | dot -Tsvg >graph.svg
              finflowctl graph --env staging --format mermaid --tags sshd
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var selection: SelectionOptions

    @Option(name: .shortAndLong, help: "text, mermaid or dot.")
    var format = Format.text

    func run() async throws {
        let graph = try Workspace(environment).graph(selection)
        switch format {
        case .text: Stream.output.write(graph.renderedAsText())
        case .mermaid: Stream.output.write(graph.renderedAsMermaid())
        case .dot: Stream.output.write(graph.renderedAsDOT())
        }
    }
}
