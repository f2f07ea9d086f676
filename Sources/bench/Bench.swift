import ArgumentParser

@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure finflowctl beside its rivals, on the same machine in the same run.",
        discussion: """
            Examples:
              swift run -c release bench setup
              swift run -c release bench setup --hosts 5 --rounds 3
              swift run -c release bench scale

            What is printed are medians, and ratios of what was measured side by side: the \
            absolute figures say as much about the machine.
            """,
        subcommands: [SetupBench.self, ScaleBench.self, FloorCommand.self, WorkloadCommand.self])
}
