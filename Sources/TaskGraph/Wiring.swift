import Vocabulary

/// One edge of the graph as the engine keeps it: node numbers instead of names.
struct Link: Sendable {
    var before: Int
    var after: Int
    var reason: EdgeReason
    var place: SourcePlace?
    var isSoft = false
}

/// What a node that is no task stands for.
enum Waypoint: Sendable {
    /// A task that a filter took out: what came after it still comes after what came before it.
    case leftOut
    /// The end of a batch (an index into ``Wiring/batches``), through which the next one passes.
    case batchEnd(Int)
}

/// A batch of a rolling group.
struct Batch: Sendable {
    var group: RollingGroup
    var number: Int
    var of: Int
    var hosts: [String]
}

/// How the nodes of a graph hang together: tasks first, in the order given, then waypoints.
struct Wiring: Sendable {
    var taskCount: Int
    /// Names of all nodes; a task that was left out keeps its own, a batch end has a made-up one.
    var ids: [TaskID]
    var waypoints: [Waypoint]
    var batches: [Batch]
    /// The batch that a task is in, by its number.
    var batchOfTask: [Int: Int]
    var links: [Link]
    var incoming: Adjacency
    var outgoing: Adjacency
    /// By link.
    var isBinding: [Bool]
    /// All nodes, by rank (the longest way to them), then by number.
    var order: [Int]
    /// The place of each node in `order`.
    var priority: [Int]

    var nodeCount: Int { ids.count }

    func waypoint(_ node: Int) -> Waypoint? {
        node < taskCount ? nil : waypoints[node - taskCount]
    }
}

/// The neighbours of each node, with the link that leads there, packed: no allocation a node.
struct Adjacency: Sendable {
    private var offsets: [Int]
    private var entries: [(node: Int, link: Int)]

    /// - Parameter pairs: from and to by link number; `nil` leaves the link out.
    init(nodeCount: Int, linkCount: Int, pair: (Int) -> (from: Int, to: Int)?) {
        offsets = [Int](repeating: 0, count: nodeCount + 1)
        for link in 0..<linkCount {
            if let from = pair(link)?.from { offsets[from + 1] += 1 }
        }
        for node in 0..<nodeCount { offsets[node + 1] += offsets[node] }
        var next = offsets
        entries = [(node: Int, link: Int)](repeating: (0, 0), count: offsets[nodeCount])
        for link in 0..<linkCount {
            guard let (from, to) = pair(link) else { continue }
            entries[next[from]] = (to, link)
            next[from] += 1
        }
    }

    subscript(node: Int) -> ArraySlice<(node: Int, link: Int)> {
        entries[offsets[node]..<offsets[node + 1]]
    }
}

extension Wiring {
    enum Direction { case before, after }

    /// The tasks next to a node, seen through tasks that were left out; batches do not count.
    func neighbours(of node: Int, _ direction: Direction) -> [Int] {
        let adjacency = direction == .before ? incoming : outgoing
        var found: [Int] = []
        var seen: Set<Int> = []
        var open = [node]
        while let current = open.popLast() {
            for (next, _) in adjacency[current] where seen.insert(next).inserted {
                switch waypoint(next) {
                case nil: found.append(next)
                case .leftOut: open.append(next)
                case .batchEnd: continue
                }
            }
        }
        return found.sorted { priority[$0] < priority[$1] }
    }

    /// All tasks that the node depends on, however far back; mere order does not count.
    func ancestors(of node: Int) -> [Int] { closure(of: node, incoming) }

    /// All tasks that depend on the node: what its failure prunes.
    func descendants(of node: Int) -> [Int] { closure(of: node, outgoing) }

    private func closure(of node: Int, _ adjacency: Adjacency) -> [Int] {
        var seen: Set<Int> = [node]
        var open = [node]
        while let current = open.popLast() {
            for (next, link) in adjacency[current]
            where isBinding[link] && seen.insert(next).inserted {
                open.append(next)
            }
        }
        seen.remove(node)
        return seen.filter { $0 < taskCount }
    }
}
