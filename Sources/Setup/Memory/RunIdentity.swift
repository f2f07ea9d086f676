internal import Glibc
public import Vocabulary

/// Who a run is: what a host's lock and its journal say of it.
public struct RunIdentity: Hashable, Sendable {
    public let run: RunID
    /// Without options: `setup`.
    public let command: String
    /// Who typed it, or as whom cron runs it; before sudo, where that says so.
    public let user: String
    /// The machine that it runs on.
    public let machine: String
    public let process: ProcessMark
    public let since: Timestamp

    public init(
        run: RunID, command: String, user: String, machine: String, process: ProcessMark,
        since: Timestamp
    ) {
        self.run = run
        self.command = command
        self.user = user
        self.machine = machine
        self.process = process
        self.since = since
    }

    /// A new run of this process.
    public static func new(command: String) -> RunIdentity {
        let run = RunID()
        return RunIdentity(
            run: run, command: command, user: currentUser, machine: machineName,
            process: .current, since: run.time)
    }

    private static var currentUser: String {
        if getuid() == 0, let before = getenv("SUDO_USER") {
            return "\(String(cString: before)) (sudo)"
        }
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else {
            return "uid \(getuid())"
        }
        return String(cString: name)
    }

    private static var machineName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// A process, so that another one on the same machine can tell whether it still lives, although
/// numbers are given again.
public struct ProcessMark: Hashable, Sendable {
    public var number: Int
    /// When it started, in ticks since the boot; `proc_pid_stat(5)`.
    public var start: String
    /// Of the kernel, and of the namespace in which the number counts.
    public var boot: String
    public var namespace: String

    public static var current: ProcessMark {
        ProcessMark(
            number: Int(getpid()), start: start(of: "self") ?? "", boot: bootID,
            namespace: namespace)
    }

    /// Whether it has ended; `nil` where only another machine or another user could know: `/proc`
    /// may be mounted so that it hides the processes of others (`hidepid`, proc(5)), which says
    /// nothing of whether they live.
    public var hasEnded: Bool? {
        guard boot == Self.bootID, namespace == Self.namespace, !boot.isEmpty, number > 1,
            let number = pid_t(exactly: number)
        else { return nil }
        if let present = Self.start(of: "\(number)") { return present != start }
        return kill(number, 0) != 0 && errno == ESRCH ? true : nil
    }

    private static func start(of process: String) -> String? {
        guard let text = firstLine(of: "/proc/\(process)/stat"),
            let end = text.lastIndex(of: ")")
        else { return nil }
        // Behind the name in parentheses, `state` is the 3rd field and the start the 22nd.
        let fields = text[text.index(after: end)...].split(separator: " ")
        return fields.count > 19 ? String(fields[19]) : nil
    }

    private static var bootID: String {
        firstLine(of: "/proc/sys/kernel/random/boot_id") ?? ""
    }

    private static var namespace: String {
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &target, target.count - 1)
        guard count > 0 else { return "" }
        return String(decoding: target.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Of a file of `/proc`, which never makes its reader wait.
    private static func firstLine(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes.prefix(count).prefix { $0 != 0x0A }, as: UTF8.self)
    }
}
