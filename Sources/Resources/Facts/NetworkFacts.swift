import Template

/// Interfaces, their addresses, and the way out.
struct NetworkFacts {
    struct Interface {
        var name: String
        var hardwareAddress: String
        var isUp: Bool
        /// `10.0.0.5`, with the length of its network beside it.
        var addresses: [(address: String, prefix: Int)] = []
    }

    private(set) var interfaces: [Interface]
    private let defaultRoute: (interface: String, gateway: String?)?

    init(_ sources: FactSources) {
        interfaces = sources.all("interface").compactMap { line in
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard words.count == 3 else { return nil }
            return Interface(
                name: String(words[0]), hardwareAddress: String(words[1]),
                isUp: words[2] != "down")
        }
        defaultRoute = Self.route4(sources) ?? Self.route6(sources)
        for line in sources.addresses.split(separator: "\n") { add(line) }
    }

    /// `2: eth0    inet 10.0.0.5/24 brd … scope global eth0\       valid_lft …`
    private mutating func add(_ line: Substring) {
        let words = line.split(separator: " ")
        guard words.count > 3, words[2] == "inet" || words[2] == "inet6",
            let index = interfaces.firstIndex(where: { $0.name == words[1] })
        else { return }
        // A link-local address of IPv6 says nothing without its interface.
        if words[2] == "inet6", let scope = words.firstIndex(of: "scope"),
            words.index(after: scope) < words.endIndex, words[scope + 1] == "link"
        {
            return
        }
        let parts = words[3].split(separator: "/")
        interfaces[index].addresses.append(
            (String(parts[0]), parts.count > 1 ? Int(parts[1]) ?? 0 : 32))
    }

    var value: Value {
        let outside = interfaces.filter { $0.name != "lo" }
        let way = defaultRoute.flatMap { route in
            interfaces.first { $0.name == route.interface }
        }
        return [
            "interfaces": .list(
                interfaces.map { interface in
                    [
                        "name": .string(interface.name),
                        "mac": .string(interface.hardwareAddress),
                        "up": .bool(interface.isUp),
                        "addresses": .list(interface.addresses.map { .string($0.address) }),
                        "networks": .list(
                            interface.addresses.map { .string("\($0.address)/\($0.prefix)") }),
                    ]
                }),
            "addresses": .list(
                outside.flatMap { $0.addresses.map { .string($0.address) } }),
            "default_interface": defaultRoute.map { .string($0.interface) } ?? .null,
            "default_address": (way ?? outside.first { !$0.addresses.isEmpty })?
                .addresses.first.map { .string($0.address) } ?? .null,
            "default_gateway": (defaultRoute?.gateway).map { .string($0) } ?? .null,
        ]
    }

    /// `/proc/net/route`: addresses are hexadecimal, in the order of a little-endian machine.
    private static func route4(_ sources: FactSources) -> (String, String?)? {
        let routes = sources.lines("/proc/net/route").dropFirst().map { $0.split(separator: "\t") }
        let defaults = routes.filter { fields in
            fields.count > 7 && fields[1] == "00000000" && fields[7] == "00000000"
        }
        let best = defaults.min { (Int($0[6]) ?? 0) < (Int($1[6]) ?? 0) }
        guard let best, let gateway = UInt32(best[2], radix: 16) else { return nil }
        let bytes = [0, 8, 16, 24].map { String(gateway >> $0 & 255) }
        return (String(best[0]), gateway == 0 ? nil : bytes.joined(separator: "."))
    }

    private static func route6(_ sources: FactSources) -> (String, String?)? {
        let routes = sources.lines("/proc/net/ipv6_route").map { $0.split(separator: " ") }
        let best = routes.first { fields in
            fields.count > 9 && fields[1] == "00" && fields[0].allSatisfy { $0 == "0" }
                && fields[9] != "lo"
        }
        return best.map { (String($0[9]), nil) }
    }
}
