/// The text of finflowctl's own table, for `nft -f`.
///
/// The table has one chain, for what comes in. It never flushes the ruleset and knows no
/// forwarding: the tables of Docker, of CNI plugins and of fail2ban stay as they are.
struct Ruleset: Hashable, Sendable {
    static let table = "inet finflow"

    /// Lines of nft, each a rule.
    var rules: [String]
    var answersPings: Bool
    var logsDrops: Bool

    /// One transaction: whoever sends a packet meets the old table or the new one.
    /// `add` before `delete` makes the deletion work on a host that has none.
    var text: String {
        """
        #!/usr/sbin/nft -f
        # Written by finflowctl: changes made here are found and undone.
        add table \(Self.table)
        delete table \(Self.table)
        \(tableText)
        """
    }

    private var tableText: String {
        var lines = [
            "type filter hook input priority filter; policy drop;",
            "ct state vmap { established : accept, related : accept, invalid : drop }",
            "iifname \"lo\" accept",
            // Without these a host neither finds its neighbours nor the size of a packet.
            "icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, "
                + "mld-listener-query, "
                + "packet-too-big, destination-unreachable, time-exceeded, parameter-problem } "
                + "accept",
            "icmp type { destination-unreachable, time-exceeded, parameter-problem } accept",
            // The answer to a DHCPv6 request that went to all servers: conntrack does not know
            // that it is one, and without it the host loses its address when its lease ends.
            "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
        ]
        if answersPings {
            lines += ["icmp type echo-request accept", "icmpv6 type echo-request accept"]
        }
        lines += rules
        if logsDrops {
            lines.append("limit rate 5/second log prefix \"finflow drop: \" level info")
        }
        let chain = lines.map { "        \($0)\n" }.joined()
        return "table \(Self.table) {\n    chain input {\n\(chain)    }\n}\n"
    }
}
