public import Schema
import Vocabulary

/// One kind of connection that the firewall lets in.
public struct FirewallRule: SchemaModel {
    public enum Transport: String, CaseIterable, Sendable {
        case tcp, udp
    }

    public var transport = Transport.tcp
    public var ports: [PortRange] = []
    public var sources: [NetworkAddress] = []
    public var interface: String?
    public var comment: String?

    public init() {}

    public static let schema = Schema<FirewallRule>(
        "firewall rule",
        summary: "Connections that are let in.",
        fields: [
            .optional(
                "protocol", \.transport, .word(), default: "tcp", "`tcp` or `udp`."),
            .required(
                "ports", \.ports, PortRange.list, "A port, a range (`8000-8100`), or a list."),
            .optional(
                "sources", \.sources, .list(of: NetworkAddress.field), default: "[]",
                "Addresses and networks that may connect; anyone when it is left out."),
            .optional(
                "interface", \.interface,
                .text.checked { name in
                    let isName =
                        (1...15).contains(name.utf8.count)
                        && name.utf8.allSatisfy {
                            $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x2F
                        }
                    return isName ? nil : "`\(name.visible)` is not the name of an interface"
                }, "The interface that they must come in by."),
            .optional(
                "comment", \.comment,
                .oneLine.checked { text in
                    text.contains("\"") || text.utf8.count > 120
                        ? "a comment has no quotation mark and at most 120 bytes" : nil
                }, "What it is for; shown by `nft list ruleset`."),
        ])

    /// A rule for each family of addresses that it names: none of nftables' sets holds both.
    var lines: [String] {
        let families: [(String, [NetworkAddress])] = [
            ("ip", sources.filter { !$0.isVersion6 }), ("ip6", sources.filter(\.isVersion6)),
        ]
        let matches =
            sources.isEmpty
            ? [""]
            : families.filter { !$0.1.isEmpty }.map { family, addresses in
                "\(family) saddr \(NftSet.text(addresses.map(\.text))) "
            }
        let way = interface.map { "iifname \"\($0)\" " } ?? ""
        let end = comment.map { " comment \"\($0)\"" } ?? ""
        let ports = NftSet.text(ports.map(\.text))
        return matches.map { "\(way)\($0)\(transport.rawValue) dport \(ports) accept\(end)" }
    }
}

/// How nft writes one or several values.
enum NftSet {
    static func text(_ values: [String]) -> String {
        values.count == 1 ? values[0] : "{ \(values.joined(separator: ", ")) }"
    }
}

/// A port, or all from one to another.
public struct PortRange: Hashable, Sendable {
    public var first: Int
    public var last: Int

    var text: String { first == last ? String(first) : "\(first)-\(last)" }

    init?(_ text: String) {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (1...2).contains(ends.count), let first = Int(ends[0]),
            let last = Int(ends[ends.count - 1]),
            (1...65535).contains(first), (first...65535).contains(last)
        else { return nil }
        self.first = first
        self.last = last
    }

    private static let one = FieldType.textOrNumber
        .checked { text in
            PortRange(text) == nil ? "`\(text.visible)` is not a port or a range of ports" : nil
        }

    static let list = FieldType<[String]>.oneOrMore(one).map("port, range or list of them") {
        texts, place throws(Diagnostics) in
        let ranges = texts.compactMap(PortRange.init).sorted { $0.first < $1.first }
        for (left, right) in zip(ranges, ranges.dropFirst()) where right.first <= left.last {
            throw Diagnostics([
                Diagnostic(
                    .invalidValue, "the ports \(left.text) and \(right.text) overlap", at: place)
            ])
        }
        return ranges
    }
}
