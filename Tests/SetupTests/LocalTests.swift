import Lab
import LabTraits
import Loop
import Testing

/// `setup --env local`, by a program that runs on the host itself.
@Suite struct LocalTests {
    @Test(.hosts(1), .timeLimit(.minutes(10)))
    func `a machine gets its own tree as root or not, and is converged itself when asked`()
        async throws
    {
        let host = LabHost.leased[0]
        let resident = try await ResidentProgram.install(on: host)
        let system = "find /etc /usr/local /var/spool -xdev -printf '%i %T@ %m %p\\n' | sort"

        // As root, on a bare host: no promtool, no user manager.
        let before = try await host.inspect(system).outputText
        try await expectConvergence(of: "/root/.local/share/finflow", on: host) {
            try await resident.asRoot("setup --env local \($0)")
        }
        #expect(try await host.inspect(system).outputText == before)

        // As a user with a manager of its own: its units are there, and nothing else but the tree.
        _ = try await host.inspect(
            """
            loginctl enable-linger ops
            until [ -S /run/user/1000/bus ] || [ -S /run/user/1000/systemd/private ]; do :; done
            """)
        let unprivileged = try await host.inspect(system).outputText
        try await expectConvergence(of: "/home/ops/my 100% tree", on: host) {
            try await resident.asUser("setup --env local --prefix '/home/ops/my 100% tree' \($0)")
        }
        let program = try await host.ssh(
            "systemctl --user show --property ExecStart finflow-payments.service")
        #expect(
            program.outputText.contains(
                "path=/home/ops/my 100% tree/releases/current/payments ;"))
        try await expectConvergence(of: "/home/ops/.local/share/finflow", on: host) {
            try await resident.asUser("setup --env local \($0)")
        }
        #expect(try await host.inspect(system).outputText == unprivileged)
        let units = try await host.ssh(
            "systemctl --user list-unit-files --no-legend 'finflow-*' | wc -l")
        #expect(units.outputText == "6\n")
        let verdict = try await host.ssh(
            "systemd-analyze --user verify ~/.config/systemd/user/finflow-payments.service")
        #expect(!verdict.errorText.contains("Unknown"), "\(verdict.errorText)")

        // With promtool, a configuration that it does not take never gets in place.
        let tools = try await host.inspect(
            """
            export DEBIAN_FRONTEND=noninteractive
            apt-get -qq update && apt-get -qq install --yes --no-install-recommends \
            prometheus prometheus-alertmanager >/dev/null 2>&1
            """)
        try #require(tools.exit.isSuccess)
        let again = try await resident.asUser("setup --env local --json")
        #expect(again.exit.isSuccess && !again.outputText.contains("\"changed\","))
        let file = "sha256sum /home/ops/.local/share/finflow/monitoring/prometheus.yml"
        let good = try await host.inspect(file).outputText
        let refused = try await resident.asUser("setup --env local --set 'prometheus_port=1\"]x'")
        #expect(refused.exit == .status(1))
        #expect(refused.errorText.contains("FAILED: parsing YAML"), "\(refused.errorText)")
        #expect(try await host.inspect(file).outputText == good)

        // The machine itself. Nobody is listed as an operator, so nobody is shut out.
        let converged = try await resident.asRoot("setup --env local --system")
        #expect(converged.exit.isSuccess, "\(converged.errorText)")
        #expect(converged.outputText.contains("sshd_config.d/10-finflow.conf"))
        let second = try await resident.asRoot("setup --env local --system")
        #expect(second.errorText.contains("Nothing to change"), "\(second.outputText)")
        #expect(try await host.ssh("true", as: "ops").exit.isSuccess)
        #expect(try await host.ssh("true", as: "root").exit.isSuccess)
        #expect(
            try await host.inspect("nft list table inet finflow").outputText
                .contains("policy drop"))
    }

    private func expectConvergence(
        of prefix: String, on host: LabHost, by setup: (String) async throws -> CollectedOutput
    ) async throws {
        let first = try await setup("")
        #expect(first.exit.isSuccess, "\(first.errorText)")
        let second = try await setup("")
        #expect(second.errorText.contains("Nothing to change"), "\(second.outputText)")
        let tree = try await host.inspect(
            """
            cd '\(prefix)' && stat --format='%a %n' secrets data config/services/payments.yaml \
            environment/payments.env logs/payments monitoring/prometheus.yml
            """)
        #expect(
            tree.outputText == """
                700 secrets
                700 data
                644 config/services/payments.yaml
                600 environment/payments.env
                750 logs/payments
                644 monitoring/prometheus.yml

                """, "\(tree.errorText)")
    }
}
