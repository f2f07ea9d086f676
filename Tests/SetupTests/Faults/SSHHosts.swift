import Lab
import Loop
import Testing

/// Hosts that are all one sshd on loopback, reached by different ways, each with a directory of
/// its own.
struct SSHHosts {
    /// `address` and `port` of a host as the inventory has it; without, the sshd's own.
    struct Way {
        var name: String
        var port: UInt16?
    }

    /// - Parameter tasks: of the role `test`; `PLACE` is the host's directory, by a variable.
    static func with(
        _ ways: (LocalSSHD) async throws -> [Way], tasks: String,
        _ body: (Program, String) async throws -> Void
    ) async throws {
        let server = try await LocalSSHD.start()
        do {
            try await withDirectory { root in
                let ways = try await ways(server)
                let hosts = ways.map { way in
                    "    \(way.name): { address: \(server.address), port: \(way.port ?? server.port), become: false }\n"
                }
                try write(
                    [
                        "Playbooks/site.yaml": "- hosts: all\n  roles: [test]\n",
                        "Playbooks/roles/test/role.yaml":
                            "role: test\n"
                            + tasks.replacing("PLACE", with: "\(root)/{{ host.name }}"),
                        "Playbooks/environments/local/environment.yaml":
                            "inventory:\n  hosts:\n\(hosts.joined())"
                            + "vars: { state_directory: \"\(root)/{{ host.name }}.state\" }\n",
                        ".ssh/config": """
                        Host *
                          User \(server.user)
                          IdentityFile \(server.clientKey)
                          IdentitiesOnly yes
                          HostKeyAlias [\(server.address)]:\(server.port)
                          UserKnownHostsFile \(server.knownHosts)

                        """,
                    ], below: root)
                try await body(Program(home: root, playbooks: "\(root)/Playbooks"), root)
            }
            await server.stop()
        } catch {
            await server.stop()
            throw error
        }
    }
}

/// A program of Python that serves a port of loopback and says which.
func withPort<Value: Sendable>(
    of script: String, _ arguments: [String] = [], _ body: (UInt16) async throws -> Value
) async throws -> Value {
    try await ChildProcess.withRunning(Command("python3", ["-c", script] + arguments)) { child in
        var said = ""
        while !said.contains("\n"), let chunk = try await child.read() {
            switch chunk {
            case .output(let bytes), .error(let bytes):
                said += String(decoding: bytes, as: UTF8.self)
            }
        }
        let port = try #require(UInt16(said.split(separator: "\n").first ?? ""), "\(said)")
        return try await body(port)
    }
}
