public import Hosts
public import Resources
public import Schema
public import TaskGraph
public import Template
public import Vocabulary

/// A resource on a host, with all that its task says of it.
public struct ResourceTask: Sendable {
    /// Whether the resource is known before the host was asked.
    public enum Stage: Sendable {
        case ready(any Resource)
        /// A field, a condition or a template needs a fact or an output.
        case deferred
        /// Its condition is false; it stays in the whole graph for the order of the others.
        case off
    }

    /// With its instance, when it has one: `deployment@payments`.
    public let role: String
    /// With its item, when it has one: `unit[payments]`.
    public let id: String
    public let typeName: String
    /// Where it is declared.
    public let place: SourcePlace
    public let privilege: Privilege
    public let resource: Stage
    /// The handlers that are due when it changes something.
    public let notifies: [TaskID]
    /// What `network: true` means for it; `nil` where that is not said.
    public let network: NetworkMark?
    /// The role's files, with the variables as they are known before the host was asked.
    public let files: any PlaybookFiles
    /// What of the resource's own outputs other tasks may use.
    public let outputNames: [String]
    /// The credentials that may get to the host with it, sorted.
    public let credentials: [CredentialVersion]
    let late: LateResource

    /// The resource, once its host was observed and what it comes after has run.
    ///
    /// - Parameters:
    ///   - facts: of the host.
    ///   - outputs: the resources' own outputs of the tasks that this one directly comes after.
    /// - Returns: `nil` when its `when` is false.
    /// - Throws: What is wrong with it, now that everything is known. When something still is
    ///   not (in a dry run, what a task would put out), the code is `knownOnlyLater`.
    public func resolved(
        facts: Value, outputs: [TaskID: [String: Value]]
    ) throws(Diagnostics) -> ResolvedResource? {
        if let known { return known }
        return try late.resolved(facts: facts, outputs: outputs)
    }

    /// The resource, if no fact and no output can make another of it.
    public var known: ResolvedResource? {
        guard case .ready(let resource) = resource, late.isUnconditional else { return nil }
        return ResolvedResource(resource: resource, files: files)
    }

    /// Whether its condition is false whatever the host is like.
    public var isOff: Bool { if case .off = resource { true } else { false } }

    /// The action with the privilege of the task.
    public func privileged(_ action: Action) -> Action {
        var action = action
        action.options.privilege = privilege
        return action
    }
}

/// A task that could cut its host off: the host puts back what it changes unless somebody comes
/// over a new connection in time.
public struct NetworkMark: Sendable {
    /// The handlers with the same mark that it notifies: they bring into force what it writes.
    public let handlers: [TaskID]
    /// The variable `network_revert_seconds`.
    public let seconds: Int
}

/// A resource with everything known, and the files with everything known in their templates.
public struct ResolvedResource: Sendable {
    public let resource: any Resource
    public let files: any PlaybookFiles
}
