/// The name of a task within a graph: `app-1/common/ntp-config`.
public struct TaskID: Hashable, Sendable, Comparable, ExpressibleByStringLiteral {
    public let rawValue: String

    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public init(stringLiteral value: String) {
        rawValue = value
    }

    public static func < (left: TaskID, right: TaskID) -> Bool { left.rawValue < right.rawValue }
}

extension TaskID: CustomStringConvertible {
    public var description: String { rawValue }
}

/// The name of something that only so many tasks may use at a time: `apt@app-1`.
///
/// Its limit is one, unless ``RunOptions/semaphores`` says otherwise.
public struct SemaphoreName: Hashable, Sendable, Comparable, ExpressibleByStringLiteral {
    public let rawValue: String

    public init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    public init(stringLiteral value: String) {
        rawValue = value
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension SemaphoreName: CustomStringConvertible {
    public var description: String { rawValue }
}
