import ArgumentParser

struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page, or the completions of a shell.",
        discussion: """
            Examples:
              finflowctl manual | man -l -
              finflowctl manual --completions bash >/etc/bash_completion.d/finflowctl
            """)

    enum Shell: String, ExpressibleByArgument, CaseIterable {
        case bash, zsh, fish
    }

    @Option(help: "bash, zsh or fish.")
    var completions: Shell?

    func run() throws {
        switch completions {
        case nil: Stream.output.write(try ManualPage(of: Finflowctl.self).text)
        case .bash: Stream.output.write(Finflowctl.completionScript(for: .bash))
        case .zsh: Stream.output.write(Finflowctl.completionScript(for: .zsh))
        case .fish: Stream.output.write(Finflowctl.completionScript(for: .fish))
        }
    }
}
