import Lab
import LabTraits
import Loop
import Testing

/// The role `deployment` with a service that really serves.
@Suite struct DeploymentTests {
    private static func vars(_ release: String, kept: Int = 5) -> String {
        """
        health_timeout: 4 s
        releases_kept: \(kept)
        services:
          - name: payments
            port: 8081
            release: "\(release)"
            archive: payments-\(release).tar.gz
            environment: { GREETING: 'a "b" $c `d` \\e #f', RELEASE: "\(release)" }
        """
    }

    private static let links = "cd /opt/finflow/payments && readlink current && ls releases"

    /// Watches from within the host that the service can be found at any moment.
    private static let watching = """
        systemd-run --quiet --unit=watch sh -c 'while :; do touch /run/watched; \
        [ -x /opt/finflow/payments/current/payments ] || touch /run/gone; done'
        until [ -e /run/watched ]; do :; done
        """

    @Test(.hosts(1), .timeLimit(.minutes(10)))
    func `releases come, fail and go back, and the service is one that cannot do harm`()
        async throws
    {
        let hosts = LabHost.leased
        let host = hosts[0]
        try await LabPlaybooks.withProjectRole("deployment", vars: Self.vars("1.0"), on: hosts) {
            program in
            try await SmallService.makeReleases(
                ["1.0": .ready, "2.0": .ready, "3.0": .neverReady, "4.0": .ends],
                in: "\(program.playbooks)/roles/deployment/files")
            func setup(_ release: String, kept: Int = 5) async throws -> Program.Outcome {
                try LabPlaybooks.set(Self.vars(release, kept: kept), on: hosts, in: program)
                return try await program.run("setup", "--env", "lab", "--json")
            }
            func tasks(_ names: String...) -> Set<String> {
                Set(names.map { "\(host.name)/deployment/\($0)[payments]" })
            }
            func page(_ path: String) async throws -> String {
                try await SmallService.page(path, on: host)
            }

            let first = try await setup("1.0")
            #expect(first.status == 0, "\(first.output.suffix(3000))\(first.error)")
            #expect(try await page("/version") == "1.0")
            #expect(try await page("/greeting") == #"a "b" $c `d` \e #f"#)
            let harm = try await page("/harm")
            #expect(harm == "all refused")
            let starts = "journalctl --unit finflow-payments --grep 'payments .* starts' -o cat"
            #expect(try await host.inspect(starts).outputText == "payments 1.0 starts\n")
            let exposure = try await host.inspect(
                "systemd-analyze security --no-pager --threshold=15 finflow-payments.service")
            #expect(exposure.exit.isSuccess, "\(exposure.outputText.suffix(300))")
            let unchanged = try await setup("1.0")
            #expect(unchanged.changed == [], "\(unchanged.output.suffix(5000))")

            _ = try await host.inspect(Self.watching)
            let second = try await setup("2.0")
            #expect(second.status == 0, "\(second.output.suffix(3000))\(second.error)")
            #expect(
                second.changed.subtracting(tasks("health"))
                    == tasks(
                        "release-directory", "release", "current", "environment", "restart"))
            #expect(try await page("/version") == "2.0")
            let watched = try await host.inspect("systemctl stop watch; ls /run/gone 2>/dev/null")
            #expect(watched.outputText == "")
            let links = try await host.inspect(Self.links).outputText
            #expect(links == "releases/2.0\n1.0\n2.0\n")

            for (release, words) in [("3.0", "no database"), ("4.0", "no licence")] {
                let failed = try await setup(release)
                #expect(failed.status == 1)
                #expect(failed.output.contains(words), "\(failed.output)")
                #expect(failed.output.contains("release \(release) of payments does not answer"))
                #expect(failed.output.contains("Releases on this host: \(release)"))
                #expect(failed.output.contains("set `release` of payments to one of them"))
            }
            let back = try await setup("2.0")
            #expect(back.status == 0, "\(back.output.suffix(3000))\(back.error)")
            #expect(try await page("/version") == "2.0")
            #expect(back.statuses["\(host.name)/deployment/release[payments]"] != "changed")
            let again = try await setup("2.0")
            #expect(again.changed == [])

            _ = try await host.inspect("systemctl stop finflow-payments")
            let started = try await setup("2.0")
            #expect(started.changed.contains("\(host.name)/deployment/service[payments]"))
            #expect(try await page("/version") == "2.0")

            let tidied = try await setup("2.0", kept: 2)
            #expect(tidied.status == 0, "\(tidied.output.suffix(3000))\(tidied.error)")
            let kept = try await host.inspect(Self.links).outputText
            #expect(kept == "releases/2.0\n2.0\n4.0\n")
        }
    }
}
