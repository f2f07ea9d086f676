import FoundationEssentials
import Lab

/// The project's own playbooks, or small ones, for leased hosts.
enum LabPlaybooks {
    /// Where the checkout lies.
    static let project: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Runs `body` with `site.yaml`, the roles and an environment `lab` of these hosts: the
    /// last one watches, the others serve. A host alone does both.
    static func withSite<Value>(
        on hosts: [LabHost], _ body: (Program) async throws -> Value
    ) async throws -> Value {
        try await withProject(on: hosts) { program in
            try write(
                ["environments/lab/environment.yaml": try siteEnvironment(hosts)],
                below: program.playbooks)
            return try await body(program)
        }
    }

    /// Runs `body` with one of the project's roles for all of the hosts.
    /// - Parameter vars: of the environment, as lines of YAML.
    static func withProjectRole<Value>(
        _ role: String, vars: String, on hosts: [LabHost],
        _ body: (Program) async throws -> Value
    ) async throws -> Value {
        try await withProject(on: hosts) { program in
            try write(
                ["site.yaml": "- hosts: all\n  roles: [\(role)]\n"], below: program.playbooks)
            try set(vars, on: hosts, in: program)
            return try await body(program)
        }
    }

    /// Gives the environment other variables, as an operator who edits it.
    static func set(_ vars: String, on hosts: [LabHost], in program: Program) throws {
        let lines = vars.split(separator: "\n").map { "  \($0)\n" }.joined()
        try write(
            [
                "environments/lab/environment.yaml": inventory(hosts) + """
                      groups:
                        servers: { hosts: [\(hosts.map(\.name).joined(separator: ", "))] }
                    vars:
                    \(lines)
                    """
            ], below: program.playbooks)
    }

    /// Runs `body` with a role `test` of these tasks, for all of the hosts.
    static func withRole<Value>(
        _ role: String, on hosts: [LabHost], _ body: (Program) async throws -> Value
    ) async throws -> Value {
        try await withDirectory { directory in
            let playbooks = "\(directory)/Playbooks"
            try write(
                [
                    "site.yaml": "- hosts: all\n  roles: [test]\n",
                    "roles/test/role.yaml": "role: test\n\(role)",
                    "environments/lab/environment.yaml": inventory(hosts),
                ], below: playbooks)
            return try await body(Program(home: try home(hosts, directory), playbooks: playbooks))
        }
    }

    static func withProject<Value>(
        on hosts: [LabHost], _ body: (Program) async throws -> Value
    ) async throws -> Value {
        try await withDirectory { directory in
            let playbooks = "\(directory)/Playbooks"
            try FileManager.default.copyItem(atPath: "\(project)/Playbooks", toPath: playbooks)
            return try await body(Program(home: try home(hosts, directory), playbooks: playbooks))
        }
    }

    private static func home(_ hosts: [LabHost], _ directory: String) throws -> String {
        let home = "\(directory)/home"
        guard let site = hosts.first?.site else { return home }
        let config = try String(contentsOf: URL(filePath: site.sshConfigFile), encoding: .utf8)
        try write([".ssh/config": config], below: home)
        return home
    }

    static func inventory(_ hosts: [LabHost]) -> String {
        "inventory:\n  hosts:\n" + hosts.map { "    \($0.name): {}\n" }.joined()
    }

    /// The public key that opens the hosts.
    static func publicKey(of hosts: [LabHost]) throws -> String {
        guard let file = hosts.first?.keyFile else { return "" }
        let text = try String(contentsOf: URL(filePath: "\(file).pub"), encoding: .utf8)
        return text.split(separator: "\n").first.map(String.init) ?? ""
    }

    private static func siteEnvironment(_ hosts: [LabHost]) throws -> String {
        let names = hosts.map(\.name)
        let serving = names.count == 1 ? names : names.dropLast()
        return inventory(hosts) + """
              groups:
                workstation: {}
                servers: { children: [containers, app, monitoring] }
                containers: { children: [app] }
                kubernetes: {}
                app: { hosts: [\(serving.joined(separator: ", "))] }
                monitoring: { hosts: [\(names.last ?? "")] }
            vars:
              system: false
              operators:
                - name: ops
                  keys: ["\(try publicKey(of: hosts))"]
              firewall_allow:
                - { ports: 22, sources: [10.77.0.0/16] }
                - { ports: 9100, sources: [10.77.0.0/16] }
              docker_in_container: true
              scrape_interval: 1s
              services:
                - { name: payments, port: 8081 }
                - { name: auth, port: 8082 }

            """
    }
}
