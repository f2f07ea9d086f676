import Hosts
import Resources
import Schema
import TaskGraph

/// A task of a role on a host, before the graph is made of it.
struct Node {
    enum State {
        /// - Parameter owns: nothing when it may be left undone.
        case ready(any Resource, owns: [OwnedThing])
        /// What is known of it is enough for the automatic edges, where it is.
        case later((any Resource)?)
        /// Its condition is false.
        case off
        /// Told already.
        case failed
    }

    let id: TaskID
    let application: RoleOnHost
    let task: TaskDeclaration
    let item: Item?
    var state: State
    /// The host that does it, where that is another one.
    var delegate: HostName?
    var isUnconditional: Bool
    /// Those that may get to the host with it, sorted.
    var credentials: [CredentialVersion] = []

    init(
        _ task: TaskDeclaration, _ item: Item?, of application: RoleOnHost,
        _ state: State = .failed, isUnconditional: Bool = false
    ) {
        id = TaskID("\(application.host.name)/\(application.name)/\(task.id(with: item))")
        self.application = application
        self.task = task
        self.item = item
        self.state = state
        self.isUnconditional = isUnconditional
    }

    var resource: (any Resource)? {
        switch state {
        case .ready(let resource, _): resource
        case .later(let resource): resource
        case .off, .failed: nil
        }
    }

    var isOff: Bool { if case .off = state { true } else { false } }
}

/// All tasks of one host.
struct HostNodes {
    let host: Host
    /// What finflowctl keeps on the host lies there.
    let stateDirectory: String
    /// How long it waits for a new connection before it puts back what may have cut it off.
    let networkRevertSeconds: Int
    var applications: [RoleOnHost] = []
    var nodes: [Node] = []
    /// For each application, and each of its role's tasks, where its nodes are.
    var index: [[[Int]]] = []

    init(host: Host, stateDirectory: String, networkRevertSeconds: Int) {
        self.host = host
        self.stateDirectory = stateDirectory
        self.networkRevertSeconds = networkRevertSeconds
    }

    mutating func add(_ application: RoleOnHost, _ nodesOfTasks: [[Node]]) {
        applications.append(application)
        var numbers: [[Int]] = []
        for nodes in nodesOfTasks {
            let first = self.nodes.count
            self.nodes += nodes
            numbers.append(Array(first..<first + nodes.count))
        }
        index.append(numbers)
    }
}
