import ArgumentParser
import Loop
import SSH

/// What no tool that works over SSH can be faster than: for each host one handshake, one login
/// and one command through sudo. Run as a process of its own, so that it is measured like the
/// contenders.
struct FloorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor", abstract: "One `sudo -n true` on each host.", shouldDisplay: false)

    @Argument(help: "The lab's ssh_config.")
    var configuration: String

    @Argument(help: "The hosts' names.")
    var hosts: [String]

    func run() async throws {
        let config = try await SSHConfig.load(files: [configuration])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for host in hosts {
                group.addTask {
                    let connection = try await SSHConnection.connect(to: config.target(for: host))
                    let channel = try await connection.exec("sudo -n true")
                    try await channel.closeInput()
                    while try await channel.read() != nil {}
                    guard try await channel.exit() == .status(0) else {
                        throw BenchError("\(host): sudo failed")
                    }
                    await connection.close()
                }
            }
            try await group.waitForAll()
        }
    }
}
