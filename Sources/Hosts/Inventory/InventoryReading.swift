internal import Schema
public import Vocabulary

extension Inventory {
    /// What a section means: ranges written out, groups resolved, settings inherited.
    ///
    /// - Throws: Everything that is wrong with it.
    public init(_ section: InventorySection) throws(Diagnostics) {
        var reading = InventoryReading(section)
        self = try reading.inventory()
    }
}

private struct InventoryReading {
    private let section: InventorySection
    private var wrong = Diagnostics()
    private var hosts: [Host] = []
    private var groups: [String: Named<GroupEntry>] = [:]
    /// The hosts that each group lists itself.
    private var members: [String: [HostName]] = [:]

    init(_ section: InventorySection) {
        self.section = section
    }

    mutating func inventory() throws(Diagnostics) -> Inventory {
        declareHosts()
        declareGroups()
        resolveMembers()
        checkChildren()
        try wrong.throwIfErrors()  // a cycle would not end below
        let depths = groupDepths()
        let memberships = memberships()
        for index in hosts.indices { complete(&hosts[index], memberships, depths) }
        let declared = section.groups.map { group in
            Inventory.Group(
                name: group.name, children: group.value.children.map(\.value),
                hosts: hosts.map(\.name).filter { memberships[$0]?.contains(group.name) == true },
                vars: group.value.vars, place: group.namePlace)
        }
        var localhost = Host.localhost
        complete(&localhost, memberships, depths)
        return Inventory(hosts: hosts, groups: declared, localhost: localhost)
    }
}

// MARK: Declarations

extension InventoryReading {
    private mutating func declareHosts() {
        var seen: [String: SourcePlace] = [:]
        for entry in section.hosts {
            let names = expand(entry.name, at: entry.namePlace)
            let addresses = addresses(of: entry, count: names.count)
            for (name, address) in zip(names, addresses) {
                guard name.isInventoryName, name != "all" else {
                    wrong.add(badName(name, kind: "host", at: entry.namePlace))
                    continue
                }
                if let first = seen[name] {
                    wrong.add(duplicate(name, "is declared twice", at: entry.namePlace, first))
                    continue
                }
                seen[name] = entry.namePlace
                hosts.append(
                    Host(
                        name: HostName(name), address: address, connection: entry.value.connection,
                        vars: entry.value.vars, place: entry.namePlace))
            }
        }
    }

    private mutating func addresses(of entry: Named<HostEntry>, count: Int) -> [String?] {
        guard let text = entry.value.address else { return Array(repeating: nil, count: count) }
        guard HostRange.isRange(entry.name) || HostRange.isRange(text) else { return [text] }
        let addresses = expand(text, at: entry.namePlace)
        if addresses.count != count, count > 0, !addresses.isEmpty {
            wrong.add(
                Diagnostic(
                    .badHostRange,
                    "`\(entry.name.visible)` stands for \(count) and its address for "
                        + "\(addresses.count)",
                    at: entry.namePlace, hint: "each host needs an address of its own"))
        }
        return addresses
    }

    private mutating func declareGroups() {
        let places = Dictionary(
            hosts.map { ($0.name.rawValue, $0.place) }, uniquingKeysWith: { first, _ in first })
        for group in section.groups {
            if !group.name.isInventoryName || group.name == "all" {
                wrong.add(badName(group.name, kind: "group", at: group.namePlace))
            } else if let first = places[group.name] {
                wrong.add(
                    duplicate(group.name, "is a host and a group", at: group.namePlace, first))
            } else {
                groups[group.name] = group
            }
        }
    }

    private mutating func resolveMembers() {
        let known = Set(hosts.map(\.name.rawValue)).union(["localhost"])
        for group in section.groups {
            for listed in group.value.hosts {
                for name in expand(listed.value, at: listed.place) {
                    if known.contains(name) {
                        members[group.name, default: []].append(HostName(name))
                    } else {
                        wrong.add(unknown("host", name, among: known, at: listed.place))
                    }
                }
            }
        }
        let lists = section.groups.flatMap(\.value.hosts).contains { $0.value == "localhost" }
        if lists, !hosts.contains(where: { $0.name == .localhost }) { hosts.append(.localhost) }
    }

    private mutating func checkChildren() {
        for group in section.groups {
            for child in group.value.children where groups[child.value] == nil {
                wrong.add(unknown("group", child.value, among: groups.keys, at: child.place))
            }
        }
        var finished: Set<String> = []
        for group in section.groups {
            var path: [Placed<String>] = []
            findCycle(
                from: Placed(value: group.name, place: group.namePlace), &path, &finished)
        }
    }

    private mutating func findCycle(
        from group: Placed<String>, _ path: inout [Placed<String>], _ finished: inout Set<String>
    ) {
        if let start = path.firstIndex(where: { $0.value == group.value }) {
            let cycle = path[start...].dropFirst() + [group]
            wrong.add(
                Diagnostic(
                    .groupCycle,
                    "a group contains itself: "
                        + ([group.value] + cycle.map(\.value)).map { "`\($0.visible)`" }
                        .joined(separator: " → "),
                    at: group.place,
                    related: cycle.dropLast().map {
                        .init("`\($0.value.visible)` is a child here", at: $0.place)
                    }))
            return
        }
        guard !finished.contains(group.value) else { return }
        path.append(group)
        for child in groups[group.value]?.value.children ?? [] {
            findCycle(from: child, &path, &finished)
        }
        path.removeLast()
        finished.insert(group.value)
    }
}

// MARK: Resolving

extension InventoryReading {
    /// The groups of each host, parents included.
    private func memberships() -> [HostName: Set<String>] {
        var parents: [String: [String]] = [:]
        for group in section.groups {
            for child in group.value.children {
                parents[child.value, default: []].append(group.name)
            }
        }
        var result: [HostName: Set<String>] = [:]
        for (group, hosts) in members {
            var reached: Set<String> = []
            var waiting = [group]
            while let next = waiting.popLast() {
                if reached.insert(next).inserted { waiting += parents[next] ?? [] }
            }
            for host in hosts { result[host, default: []].formUnion(reached) }
        }
        return result
    }

    /// How many parents stand above a group at most: a child is more special than any of them.
    private func groupDepths() -> [String: Int] {
        var depths = Dictionary(
            section.groups.map { ($0.name, 0) }, uniquingKeysWith: { first, _ in first })
        var waiting = section.groups.map(\.name)
        while let name = waiting.popLast() {
            for child in groups[name]?.value.children ?? []
            where (depths[child.value] ?? 0) <= (depths[name] ?? 0) {
                depths[child.value] = (depths[name] ?? 0) + 1
                waiting.append(child.value)
            }
        }
        return depths
    }

    private func complete(
        _ host: inout Host, _ memberships: [HostName: Set<String>], _ depths: [String: Int]
    ) {
        let names = memberships[host.name] ?? []
        // A stable order: by depth, then as in the text.
        let ordered = section.groups.map(\.name).filter { names.contains($0) }.enumerated().sorted {
            (depths[$0.element] ?? 0, $0.offset) < (depths[$1.element] ?? 0, $1.offset)
        }
        host.groups = ordered.map(\.element)
        for name in host.groups.reversed() {
            guard let group = groups[name] else { continue }
            host.connection = host.connection.completed(by: group.value.connection)
        }
        host.connection = host.connection.completed(by: section.connection)
        if host.name == .localhost, host.connection.transport == nil {
            host.connection.transport = .local
        }
    }
}

// MARK: Words

extension InventoryReading {
    private mutating func expand(_ text: String, at place: SourcePlace) -> [String] {
        do {
            return try HostRange(text).names
        } catch {
            wrong.add(
                Diagnostic(
                    .badHostRange, "`\(text.visible)`: \(error.reason.visible)", at: place))
            return []
        }
    }

    private func badName(_ name: String, kind: String, at place: SourcePlace) -> Diagnostic {
        Diagnostic(
            .badHostName, "a \(kind) cannot be named `\(name.visible)`", at: place,
            hint: name == "all" ? "`all` is every host" : "letters, digits, `.`, `_` and `-`",
            help: name.contains(":") ? "Put an IPv6 address under `address:`." : nil)
    }

    private func duplicate(
        _ name: String, _ what: String, at place: SourcePlace, _ first: SourcePlace?
    ) -> Diagnostic {
        Diagnostic(
            .duplicateHost, "`\(name.visible)` \(what)", at: place,
            related: first.map { [.init("first here", at: $0)] } ?? [])
    }

    private func unknown(
        _ kind: String, _ name: String, among known: some Sequence<String>, at place: SourcePlace
    ) -> Diagnostic {
        Diagnostic(
            .unknownHost, "the inventory has no \(kind) `\(name.visible)`", at: place,
            hint: nearestName(to: name, among: known).map { "did you mean `\($0)`?" },
            help: kind == "host" ? "Hosts are declared under `inventory: hosts:`." : nil)
    }
}
