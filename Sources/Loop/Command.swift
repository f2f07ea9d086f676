internal import Glibc

/// A program to run, with all that it is started with.
///
/// Its description and reflection show the program alone: arguments and environment may hold
/// what belongs in no log.
public struct Command: Sendable {
    /// A path, or a name that is looked up in `PATH`.
    public var program: String
    public var arguments: [String]
    /// All of the program's environment; `nil` for this process's own.
    public var environment: [String: String]?
    /// `nil` for this process's own.
    public var directory: String?
    /// How long after SIGTERM a program that is being stopped gets SIGKILL.
    public var grace: Duration

    public init(
        _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        directory: String? = nil, grace: Duration = .seconds(2)
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.grace = grace
    }
}

extension Command: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { program }
    public var debugDescription: String { program }
    public var customMirror: Mirror { Mirror(self, children: ["program": program]) }
}

extension Command {
    /// Where the program is; `nil` when `PATH` has no such program.
    func resolvedPath() -> String? {
        guard !program.contains("/") else { return program }
        let path = environment.map { $0["PATH"] } ?? getenv("PATH").map { String(cString: $0) }
        for folder in (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":") {
            let candidate = "\(folder)/\(program)"
            if access(candidate, X_OK) == 0 { return candidate }
        }
        return nil
    }
}
