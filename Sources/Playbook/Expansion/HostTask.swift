public import Hosts
import Resources
public import TaskGraph
import Vocabulary

/// A node of the graph: something to be done on one host.
public struct HostTask: Sendable {
    public enum Kind: Sendable {
        /// Connects and asks everything; all other tasks of the host come after it.
        case observe
        case resource(ResourceTask)
        /// Due when one of these has changed since it was last done.
        case handler(ResourceTask, notifiedBy: [TaskID])
    }

    public let kind: Kind
    /// The host that does it.
    public let host: Host
    /// The host whose role it is of: another one for a task that is delegated.
    public let owner: HostName
    /// Its own, those of its role's entry and its play, and the name of its role.
    public let tags: Set<String>
    /// What finflowctl keeps on the host lies there: the variable `state_directory`.
    public let stateDirectory: String

    /// The task that observes the host.
    public var observation: TaskID { Self.observation(of: host.name) }

    public var resource: ResourceTask? {
        switch kind {
        case .observe: nil
        case .resource(let resource), .handler(let resource, _): resource
        }
    }

    static func observation(of host: HostName) -> TaskID { TaskID("\(host)/observe") }
}
