import Lab
import Testing

/// Tables of nftables that others own: as Docker, a CNI plugin and fail2ban make them, and one of
/// an operator's own.
enum ForeignTables {
    private static let names = ["ip nat", "ip filter", "inet cni", "inet f2b-table", "inet own"]

    private static let text = """
        table ip nat {
          chain DOCKER { }
          chain PREROUTING {
            type nat hook prerouting priority dstnat; policy accept;
            fib daddr type local jump DOCKER
          }
          chain POSTROUTING {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr 172.17.0.0/16 oifname != docker0 masquerade
          }
        }
        table ip filter {
          chain DOCKER { iifname != docker0 oifname docker0 tcp dport 80 accept; }
          chain FORWARD {
            type filter hook forward priority filter; policy drop;
            oifname docker0 ct state established,related accept
            oifname docker0 jump DOCKER
          }
        }
        table inet cni {
          set pods { type ipv4_addr; elements = { 10.244.0.5, 10.244.0.6 } }
          chain forward {
            type filter hook forward priority filter; policy accept;
            ip saddr @pods accept
          }
        }
        table inet f2b-table {
          set addr-set-recidive { type ipv4_addr; elements = { 192.0.2.7 } }
          chain f2b-chain {
            type filter hook input priority filter - 1; policy accept;
            tcp dport 22 ip saddr @addr-set-recidive reject
          }
        }
        table inet own {
          chain input {
            type filter hook input priority filter + 10; policy accept;
            tcp dport 7777 accept comment "mine"
          }
        }
        """

    /// Loads them on a bare host, with forwarding on, and tells how they are listed.
    static func load(on host: LabHost) async throws -> String {
        let loading = try await host.inspect(
            """
            DEBIAN_FRONTEND=noninteractive apt-get -qq update >/dev/null &&
            DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes nftables >/dev/null 2>&1 &&
            sysctl -qw net.ipv4.ip_forward=1 && nft -f - <<'END'
            \(text)
            END
            """)
        try #require(loading.exit.isSuccess, "\(loading.errorText)")
        return try await listing(on: host)
    }

    static func listing(on host: LabHost) async throws -> String {
        let tables = names.map { "nft --stateless list table \($0)" }.joined(separator: " && ")
        let listing = try await host.inspect("\(tables) && cat /proc/sys/net/ipv4/ip_forward")
        #expect(listing.exit.isSuccess, "\(listing.errorText)")
        return listing.outputText
    }
}
