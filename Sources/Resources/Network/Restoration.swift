public import Hosts

/// How a host puts back, alone, what a task with `network: true` changed.
///
/// Its scripts run on the host in a directory of their own, which only its user can read: first
/// `keeping`, before the change, then `restoring`, if nobody came over a new connection after it.
public struct Restoration: Sendable {
    /// The paths that are changed: each is kept as it is, whatever it is, or that there is none.
    public var paths: [String]
    /// Keeps what is no file, as files of the directory; it exits where it cannot.
    public var keeping: ShellScript
    /// Puts that back, once the paths are as they were. While the host boots (`$boot` is not
    /// empty) nothing may be waited for that is started later.
    public var restoring: ShellScript
    /// Whether a change is in force as soon as it is made, with no handler to wait for.
    public var isInForceAtOnce: Bool

    public init(
        paths: [String] = [], keeping: ShellScript = ShellScript(),
        restoring: ShellScript = ShellScript(), isInForceAtOnce: Bool = false
    ) {
        self.paths = paths
        self.keeping = keeping
        self.restoring = restoring
        self.isInForceAtOnce = isInForceAtOnce
    }
}

/// A resource that may decide whether its host can still be reached, and whose changes the host
/// can put back without anybody's help: the types that take `network: true`.
public protocol NetworkResource: Resource {
    /// Whether a task, and not only a handler, can be put back.
    static var isRestorable: Bool { get }

    /// `nil` for what keeps nothing itself and brings into force what others wrote: it is done
    /// again once that was put back.
    var restoration: Restoration? { get }
}

extension NetworkResource {
    public static var isRestorable: Bool { true }
}

extension ResourceType {
    /// Where `network: true` can be said.
    public enum NetworkUse: Sendable {
        case none, inHandlers, everywhere

        init(_ type: any Resource.Type) {
            guard let type = type as? any NetworkResource.Type else {
                self = .none
                return
            }
            self = type.isRestorable ? .everywhere : .inHandlers
        }
    }
}
