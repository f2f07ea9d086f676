import FoundationEssentials
import Lab

/// The project's own playbooks, or small ones, for leased hosts.
enum LabPlaybooks {
    /// Where the checkout's `Playbooks/` lies.
    private static let project: String = {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Runs `body` with `site.yaml`, the roles and an environment `lab` of these hosts: the
    /// last one watches, the others serve.
    static func withSite<Value>(
        on hosts: [LabHost], _ body: (Program) async throws -> Value
    ) async throws -> Value {
        try await withDirectory { directory in
            let playbooks = "\(directory)/Playbooks"
            try FileManager.default.copyItem(atPath: "\(project)/Playbooks", toPath: playbooks)
            try write(
                ["environments/lab/environment.yaml": try siteEnvironment(hosts)], below: playbooks)
            return try await body(Program(home: try home(hosts, directory), playbooks: playbooks))
        }
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

    private static func home(_ hosts: [LabHost], _ directory: String) throws -> String {
        let home = "\(directory)/home"
        guard let site = hosts.first?.site else { return home }
        let config = try String(contentsOf: URL(filePath: site.sshConfigFile), encoding: .utf8)
        try write([".ssh/config": config], below: home)
        return home
    }

    private static func inventory(_ hosts: [LabHost]) -> String {
        "inventory:\n  hosts:\n" + hosts.map { "    \($0.name): {}\n" }.joined()
    }

    private static func siteEnvironment(_ hosts: [LabHost]) throws -> String {
        let names = hosts.map(\.name)
        let key =
            try hosts.first.map {
                try String(contentsOf: URL(filePath: "\($0.keyFile).pub"), encoding: .utf8)
            } ?? ""
        return inventory(hosts) + """
              groups:
                workstation: {}
                servers: { children: [containers, app, monitoring] }
                containers: { children: [app] }
                app: { hosts: [\(names.dropLast().joined(separator: ", "))] }
                monitoring: { hosts: [\(names.last ?? "")] }
            vars:
              system: false
              operators:
                - name: ops
                  keys: ["\(key.split(separator: "\n").first ?? "")"]
              firewall_allow:
                - { ports: 22, sources: [10.77.0.0/16] }
                - { ports: 9100, sources: [10.77.0.0/16] }
              services:
                - { name: payments, port: 8081 }
                - { name: auth, port: 8082 }

            """
    }
}
