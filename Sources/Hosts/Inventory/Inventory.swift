public import Schema
public import Vocabulary

/// The hosts of an environment and their groups, checked and complete.
public struct Inventory: Sendable {
    public struct Group: Sendable {
        public var name: String
        /// Names of groups; their hosts belong to this one too.
        public var children: [String]
        /// Names of all its hosts, those of its children too, in the inventory's order.
        public var hosts: [HostName]
        public var vars: [PlacedValue.Entry]
        public var place: SourcePlace
    }

    /// All declared hosts, in the order of the text; `localhost` alone when there are none.
    public let hosts: [Host]
    /// All declared groups, in the order of the text.
    public let groups: [Group]
    private let undeclaredLocalhost: Host
    private let hostIndex: [HostName: Int]
    private let groupIndex: [String: Int]

    /// - Parameter localhost: what `localhost` is when it is not among `hosts`.
    init(hosts: [Host], groups: [Group], localhost: Host = .localhost) {
        self.hosts = hosts.isEmpty ? [localhost] : hosts
        self.groups = groups
        undeclaredLocalhost = localhost
        hostIndex = Dictionary(
            self.hosts.enumerated().map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        groupIndex = Dictionary(
            groups.enumerated().map { ($0.element.name, $0.offset) },
            uniquingKeysWith: { first, _ in first })
    }

    /// This machine alone.
    public static var localhost: Inventory { Inventory(hosts: [], groups: []) }

    /// A host by its name. `localhost` is there even when it is not declared.
    public subscript(name: HostName) -> Host? {
        if let index = hostIndex[name] { return hosts[index] }
        return name == .localhost ? undeclaredLocalhost : nil
    }

    public func group(_ name: String) -> Group? {
        groupIndex[name].map { groups[$0] }
    }

    /// The variables that the inventory gives a host, a layer for each group and a last one for
    /// itself: later ones win.
    public func variables(of host: Host) -> [[PlacedValue.Entry]] {
        host.groups.compactMap { group($0)?.vars } + [host.vars]
    }

    /// Names that a pattern may use.
    var knownNames: [String] {
        ["all", "localhost"] + groups.map(\.name) + hosts.map(\.name.rawValue)
    }

    func position(of name: HostName) -> Int { hostIndex[name] ?? hosts.count }
}

extension FieldType where Output == Inventory {
    /// The whole `inventory` section, read and checked.
    public static var inventory: FieldType<Inventory> {
        FieldType<InventorySection>.nested(InventorySection.self).map("inventory") {
            section, _ throws(Diagnostics) in
            try Inventory(section)
        }
    }
}
