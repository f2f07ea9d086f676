import Hosts
import Lab
import LabTraits
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

@Suite("firewall") struct SystemFirewallTests {
    private let rules: Value = [
        "allow": [
            ["ports": 22], ["ports": [80, 443], "sources": ["10.0.0.0/8", "2001:db8::/32"]],
            ["protocol": "udp", "ports": "60000-60010", "comment": "mosh"],
        ]
    ]

    @Test func aRuleNamesEachFamilyOfAddressesByItself() throws {
        let rule = try FirewallResource.reading(rules).rules[1]
        #expect(
            rule.lines == [
                "ip saddr 10.0.0.0/8 tcp dport { 80, 443 } accept",
                "ip6 saddr 2001:db8::/32 tcp dport { 80, 443 } accept",
            ])
    }

    @Test func theRulesetIsOneTransactionOnItsOwnTable() throws {
        let text = Ruleset(rules: [], answersPings: true, logsDrops: false).text
        #expect(!text.contains("flush"))
        #expect(!text.contains("forward"))
        let lines = text.split(separator: "\n").filter { $0.first != " " && $0.first != "#" }
        #expect(
            lines == [
                "add table inet finflow", "delete table inet finflow", "table inet finflow {", "}",
            ])
    }

    @Test(arguments: ["10.0.0.0/33", "10.0.0", "example.org", "::/129", "10.0.0.0/8; drop", "\n"])
    func whatIsNoNetworkIsRefused(_ text: String) {
        #expect(NetworkAddress(text) == nil)
    }

    @Test(.hosts(1)) func onlyWhatIsAllowedComesInAndForeignTablesStay() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(PackageResource.reading(["name": "nftables"]))
        _ = try await host.look(
            """
            nft add table ip docker
            nft 'add chain ip docker FORWARD { type filter hook forward priority 0; policy accept; }'
            nft add rule ip docker FORWARD counter accept
            """)
        let foreign = try await host.look("nft -s list table ip docker")
        let firewall = try FirewallResource.reading(rules)
        try await host.converge(firewall)
        #expect(try await host.look("nft list tables") == "table ip docker\ntable inet finflow")
        #expect(try await host.look("nft -s list table ip docker") == foreign)
        let listed = try await host.look("nft list table inet finflow")
        #expect(listed.contains("policy drop"))
        #expect(listed.contains("comment \"mosh\""))

        // Edits by hand are seen: a rule more, a rule less, the table gone.
        for edit in [
            "nft insert rule inet finflow input tcp dport 23 accept",
            "nft flush chain inet finflow input; nft add rule inet finflow input accept",
            "nft delete table inet finflow",
        ] {
            _ = try await host.look(edit)
            let changes = try await host.converge(firewall)
            #expect(changes.map(\.what) == ["table inet finflow"])
            #expect(try await host.look("nft list table inet finflow") == listed)
        }
        #expect(try await host.look("systemctl is-enabled finflow-firewall") == "enabled")
        #expect(try await host.look("nft -s list table ip docker") == foreign)

        try await host.converge(FirewallResource.reading(["state": "absent"]))
        #expect(try await host.look("nft list tables") == "table ip docker")
    }

    @Test(.hosts(1)) func itIsThereAgainAfterABoot() async throws {
        let host = TestSession(host: LabHost.leased[0])
        try await host.converge(PackageResource.reading(["name": "nftables"]))
        let firewall = try FirewallResource.reading(rules)
        try await host.converge(firewall)
        _ = try await host.look("systemctl enable nftables")
        try await host.host.reboot()
        #expect(try await host.look("systemctl is-active finflow-firewall") == "active")
        #expect(try await host.plan(firewall).changes.isEmpty)
    }
}
