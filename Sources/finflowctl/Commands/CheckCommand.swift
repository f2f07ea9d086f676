import ArgumentParser
import TaskGraph
import Vocabulary

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the playbooks of an environment; no host is touched.",
        discussion: """
            Examples:
              finflowctl check --env production
              finflowctl check --env staging --json     for CI

            Everything that can be said before a host is asked: syntax, keys, types, variables, \
            templates, edges, cycles, things with two owners. All errors are told at once. Roles \
            that no play names are read too, but for what depends on their variables. Names of \
            credentials are compared with secrets.age where it can be opened without asking.
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var selection: SelectionOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var identity: IdentityOptions

    func run() async throws {
        if output.json { JSONView.print(["format": "finflowctl-check", "version": 1]) }
        do {
            let workspace = try await Workspace(
                environment, reach: .all, opening: identity, .optional)
            let graph = try workspace.graph(selection)
            let hosts = Set(graph.tasks.compactMap(\.host)).count
            if output.json {
                Stream.output.line(
                    (["tasks": .int(graph.tasks.count), "hosts": .int(hosts), "errors": []] as JSON)
                        .line)
            } else {
                Stream.output.line(
                    "\(environment.environment): \(counted(graph.tasks.count, "task")) on "
                        + "\(counted(hosts, "host")), no errors.")
            }
        } catch let failure as Failure where output.json {
            let errors = failure.diagnostics.sorted.map(\.json)
            Stream.output.line((["errors": .array(errors)] as JSON).line)
            throw failure.status.exit
        }
    }
}
