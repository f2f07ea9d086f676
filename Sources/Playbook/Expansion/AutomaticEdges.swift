import Resources
import TaskGraph

/// The order that follows from what tasks are: the directory before what lies in it, the package
/// before the rest of its role, what a resource says that it follows. All of it gives way to
/// what is written.
struct AutomaticEdges {
    private let host: HostNodes
    private let isLeftOut: (Int) -> Bool
    private var owners: [HostThing: [Int]] = [:]
    private(set) var edges: [[Edge]]
    /// By node: what it has an edge to; one reason is enough.
    private var linked: [Set<Int>]

    init(_ host: HostNodes, isLeftOut: @escaping (Int) -> Bool) {
        self.host = host
        // What another host does needs nothing of this one that could be told from itself.
        let isOut = { isLeftOut($0) || host.nodes[$0].delegate != nil }
        self.isLeftOut = isOut
        edges = Array(repeating: [], count: host.nodes.count)
        linked = host.nodes.indices.map { [$0] }
        for (number, node) in host.nodes.enumerated() where !isOut(number) {
            for thing in node.resource?.things ?? [] {
                owners[thing, default: []].append(number)
            }
            if node.task.isPackageSource { owners[.packageSources, default: []].append(number) }
        }
        for number in host.nodes.indices where !isOut(number) { addNeeds(of: number) }
        for numbers in host.index { addPackagesFirst(Array(numbers.joined())) }
    }

    private mutating func addNeeds(of number: Int) {
        guard let resource = host.nodes[number].resource else { return }
        for thing in resource.follows {
            for owner in owners[thing] ?? [] { add(owner, before: number, thing.reason) }
        }
        guard case .path(let path)? = resource.thing else { return }
        for owner in nearestDirectory(of: path) {
            add(owner, before: number, "is in that directory")
        }
    }

    /// The owners of the nearest directory above a path that anything owns.
    private func nearestDirectory(of path: String) -> [Int] {
        var path = path[...]
        while let slash = path.lastIndex(of: "/"), path.count > 1 {
            path = path[..<slash]
            if let owners = owners[.path(path.isEmpty ? "/" : String(path))] { return owners }
        }
        return []
    }

    /// Package sources, then packages, then the rest of a role: its services, users and files are
    /// those of its packages.
    private mutating func addPackagesFirst(_ numbers: [Int]) {
        let present = numbers.filter { !isLeftOut($0) }
        let sources = present.filter { host.nodes[$0].task.isPackageSource }
        let packages = present.filter { host.nodes[$0].task.isPackage }
        for package in packages {
            for source in sources { add(source, before: package, "is a package of that source") }
        }
        for number in present where !host.nodes[number].task.isEarly {
            for package in packages {
                add(package, before: number, "its role's packages are first")
            }
        }
    }

    private mutating func add(_ before: Int, before after: Int, _ reason: String) {
        guard linked[after].insert(before).inserted else { return }
        edges[after].append(Edge(on: host.nodes[before].id, .automatic(reason)))
    }
}

extension TaskDeclaration {
    /// Whether it does not wait for the role's packages: one of them, or what they come from.
    fileprivate var isEarly: Bool { isHandler || isPackage || isPackageSource }
}

extension HostThing {
    fileprivate var reason: String {
        switch self {
        case .path: "needs that path"
        case .package: "belongs to that package"
        case .packageSources: "may come from that package source"
        case .user, .group: "belongs to that account"
        case .unit: "uses that unit"
        case .other: "needs it"
        }
    }
}
