import Lab
import LabTraits
import Testing

/// The role `common` changes who gets in, and so must not shut out whoever runs it.
@Suite struct AccessTests {
    private static func vars(
        keys: String, firewall: String = "{ ports: [22, 443] }", former: String = ""
    ) -> String {
        """
        operators: [{ name: ops, keys: [\(keys)] }]
        former_operators: [\(former)]
        firewall_allow: [\(firewall)]
        """
    }

    /// The tasks that change it; the rest of the role has nothing to do with it.
    private static let tags = ["--tags", "accounts", "sshd", "firewall"]

    private static let untouched = """
        [ ! -e /etc/ssh/sshd_config.d/10-finflow.conf ] && ! nft list table inet finflow 2>/dev/null
        """

    @Test(.hosts(1), .timeLimit(.minutes(10)))
    func `nobody is shut out by mistake, and whoever has left is`() async throws {
        let hosts = LabHost.leased
        let host = hosts[0]
        let key = "\"\(try LabPlaybooks.publicKey(of: hosts))\""
        let old = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIiJ6rTqQpYy1cjd3Y0gq5v0oX0wq0Jb7k1f3mZ8n2Qx"
        try await LabPlaybooks.withProjectRole("common", vars: Self.vars(keys: ""), on: hosts) {
            program in
            func setup(_ vars: String) async throws -> Program.Outcome {
                try LabPlaybooks.set(vars, on: hosts, in: program)
                return try await program.run(["setup", "--env", "lab"] + Self.tags)
            }

            let keyless = try await setup(Self.vars(keys: ""))
            #expect(keyless.status == 1)
            #expect(keyless.error.contains("list each operator with a public key"))
            let hardened = try await host.inspect("cat /etc/ssh/sshd_config.d/10-finflow.conf")
            #expect(hardened.exit == .status(1))

            _ = try await host.inspect("nft delete table inet finflow 2>/dev/null")
            let closed = try await setup(Self.vars(keys: key, firewall: "{ ports: 443 }"))
            #expect(closed.status == 1)
            #expect(closed.error.contains("does not name the port of SSH (22)"))
            #expect(try await host.inspect(Self.untouched).exit.isSuccess)

            _ = try await host.inspect(
                """
                useradd --create-home gone
                echo '\(old) of one who left' >>/home/ops/.ssh/authorized_keys
                """)
            let converged = try await setup(Self.vars(keys: key, former: "gone"))
            #expect(converged.status == 0, "\(converged.output)\(converged.error)")
            let keys = try await host.inspect("cat /home/ops/.ssh/authorized_keys").outputText
            #expect(keys.contains("ssh-ed25519") && !keys.contains(old))
            #expect(try await host.inspect("id gone").exit == .status(1))
            #expect(try await host.inspect("ls /home").outputText == "gone\nops\n")
            let again = try await program.run(["setup", "--env", "lab", "--json"] + Self.tags)
            #expect(again.status == 0)
            #expect(again.changed == [])

            // What sshd reads before ours wins, and is told of.
            _ = try await host.inspect(
                "echo PasswordAuthentication yes >/etc/ssh/sshd_config.d/00-image.conf")
            let overruled = try await setup(Self.vars(keys: key, former: "gone"))
            #expect(overruled.status == 1)
            #expect(overruled.error.contains("00-image.conf:1:PasswordAuthentication yes"))
        }
    }
}
