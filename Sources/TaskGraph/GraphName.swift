/// A name of one kind: a task's is no semaphore's. It is the text, in all that is printed.
public protocol GraphName: Hashable, Sendable, Comparable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    var rawValue: String { get }
    init(_ rawValue: String)
}

extension GraphName {
    public init(stringLiteral value: String) { self.init(value) }
    public var description: String { rawValue }
    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// The name of a task within a graph: `app-1/common/ntp-config`.
public struct TaskID: GraphName {
    public let rawValue: String

    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The name of something that only so many tasks may use at a time: `apt@app-1`.
///
/// Its limit is one, unless ``RunOptions/semaphores`` says otherwise.
public struct SemaphoreName: GraphName {
    public let rawValue: String

    public init(_ rawValue: String) { self.rawValue = rawValue }
}

/// The name of hosts that take turns: a play, a service.
public struct RollingGroup: GraphName {
    public let rawValue: String

    public init(_ rawValue: String) { self.rawValue = rawValue }
}
