import ArgumentParser

/// The forty tasks in each contender's form, to be read, or run by hand.
struct WorkloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workload", abstract: "Write the forty tasks in each contender's form.",
        discussion: """
            Example:
              LAB=91 Tests/Lab/hosts up 5
              swift run -c release bench workload /tmp/workload /run/finflow-lab/91 h001 h002
            """)

    @Argument(help: "Where to: a directory that exists.")
    var directory: String

    @Argument(help: "The lab's directory.")
    var lab: String

    @Argument(help: "The hosts' names.")
    var hosts: [String]

    func run() throws {
        let workload = Workload(
            directory: directory, finflowctl: "finflowctl",
            sshConfig: "\(lab)/ssh_config.inside", inventory: "\(lab)/inventory.ini", hosts: hosts)
        try workload.write()
    }
}
