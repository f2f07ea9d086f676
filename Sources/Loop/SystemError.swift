internal import CLinux

/// A system call that failed, by name, with its errno.
public struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    public let number: Int32
    public let call: String

    public init(_ number: Int32, in call: String) {
        self.number = number
        self.call = call
    }

    /// What the number means: `Connection refused`.
    public var reason: String {
        clinux_error_text(number).map { String(cString: $0) } ?? "error \(number)"
    }

    public var description: String { "\(call): \(reason)" }
}
