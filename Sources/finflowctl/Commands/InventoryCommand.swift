import ArgumentParser
import Hosts
import Playbook
import Vocabulary

struct InventoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory",
        abstract: "List the hosts of an environment, their groups and how they are reached.",
        discussion: """
            Examples:
              finflowctl inventory --env staging
              finflowctl inventory --env production --limit 'app:!app-01' --json
              finflowctl inventory --env staging --vars app-01     its variables, and from where
            """)

    @OptionGroup var environment: EnvironmentOptions
    @OptionGroup var output: OutputOptions

    @Option(name: .shortAndLong, help: ArgumentHelp("Only these hosts.", valueName: "pattern"))
    var limit: String?

    @Option(
        help: ArgumentHelp("The variables of one host, and where each was set.", valueName: "host"))
    var vars: String?

    func run() async throws {
        let workspace = try Workspace(environment)
        let project = workspace.project
        if let vars {
            try printVariables(of: vars, project)
            return
        }
        let hosts = try workspace.hosts(limit ?? "all", from: "<--limit>")
        if output.json {
            JSONView.print(["format": "finflowctl-inventory", "version": 1])
            for host in hosts { Stream.output.line(host.json.line) }
            return
        }
        let width = hosts.map(\.name.rawValue.count).max() ?? 0
        for host in hosts {
            let name = host.name.rawValue.padded(to: width)
            Stream.output.line(
                "\(name)  \(host.reachedBy.padded(to: 28))  \(host.groups.joined(separator: ", "))")
        }
    }

    private func printVariables(of name: String, _ project: Project) throws {
        let inventory = project.environment.inventory
        guard let host = inventory[HostName(name)] else {
            let near = nearestName(to: name, among: inventory.hosts.map(\.name.rawValue))
            throw Failure(
                Diagnostic(
                    .noHosts, "there is no host `\(name.visible)`",
                    hint: near.map { "did you mean `\($0)`?" }))
        }
        if output.json { JSONView.print(["format": "finflowctl-variables", "version": 1]) }
        for variable in try project.variables(of: host) {
            if output.json {
                JSONView.print(
                    .object(compact: [
                        ("name", .string(variable.name)),
                        ("value", .string(variable.value.display)),
                        ("layer", .string(variable.layer)),
                        ("place", variable.place.map { .string($0.description) }),
                    ]))
                continue
            }
            let origin = variable.place.map(\.description) ?? variable.layer
            Stream.output.line("\(variable.name) = \(variable.value.display)  (\(origin))")
        }
    }
}

extension Host {
    /// `ops@10.0.0.4:22`, `local`
    fileprivate var reachedBy: String {
        guard transport != .local else { return "local" }
        let login = user.map { "\($0)@" } ?? ""
        let port = port.map { ":\($0)" } ?? ""
        let via = jump.map { " via \($0)" } ?? ""
        return "\(transport.rawValue) \(login)\(address)\(port)\(via)"
    }

    fileprivate var json: JSON {
        .object(compact: [
            ("name", .string(name.rawValue)), ("address", .string(address)),
            ("transport", .string(transport.rawValue)), ("user", user.map(JSON.string)),
            ("port", port.map(JSON.int)), ("jump", jump.map(JSON.string)),
            ("become", .bool(become)), ("groups", .array(groups.map(JSON.string))),
        ])
    }
}
