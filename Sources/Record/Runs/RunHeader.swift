import Glibc
public import Vocabulary

/// Who began a run, from where, and to do what.
public struct RunHeader: Hashable, Sendable {
    public var run: RunID
    public var began: Timestamp
    /// The words of the command, without values that may be secret.
    public var command: [String]
    public var environment: String
    public var origin: RunOrigin
    /// Of finflowctl.
    public var version: String
    public var revision: PlaybookRevision?
    /// Which hosts and tasks were meant: `limit`, `tags`, `skip_tags`.
    public var selection: [String: [String]]
    public var hosts: [String]
    /// The file that said what was to be changed, and nothing else: `setup --plan`.
    public var plan: RecordedPlan?

    public init(
        run: RunID, began: Timestamp, command: [String], environment: String,
        origin: RunOrigin = .current, version: String, revision: PlaybookRevision? = nil,
        selection: [String: [String]] = [:], hosts: [String] = [],
        plan: RecordedPlan? = nil
    ) {
        self.run = run
        self.began = began
        self.command = command
        self.environment = environment
        self.origin = origin
        self.version = version
        self.revision = revision
        self.selection = selection
        self.hosts = hosts
        self.plan = plan
    }

    var json: JSON {
        .object(compact: [
            ("entry", "begin"), ("run", .string(run.rawValue)), ("at", .string(began.description)),
            ("command", .array(command.map(JSON.string))), ("environment", .string(environment)),
            ("user", .string(origin.user)), ("as", origin.effective.map(JSON.string)),
            ("from", origin.json), ("version", .string(version)), ("revision", revision?.json),
            (
                "selection",
                selection.isEmpty
                    ? nil
                    : .object(
                        selection.sorted { $0.key < $1.key }.map {
                            .init($0.key, .array($0.value.map(JSON.string)))
                        })
            ),
            ("hosts", .array(hosts.map(JSON.string))), ("plan", plan?.json),
        ])
    }

    init?(_ json: JSON) {
        guard let run = json["run"]?.string.flatMap(RunID.init),
            let began = json["at"]?.string.flatMap(Timestamp.init),
            let command = json["command"]?.array, let origin = RunOrigin(json)
        else { return nil }
        self.init(
            run: run, began: began, command: command.compactMap(\.string),
            environment: json["environment"]?.string ?? "", origin: origin,
            version: json["version"]?.string ?? "",
            revision: json["revision"].flatMap(PlaybookRevision.init),
            selection: Dictionary(
                (json["selection"]?.members ?? []).map {
                    ($0.name, ($0.value.array ?? []).compactMap(\.string))
                }, uniquingKeysWith: { first, _ in first }),
            hosts: (json["hosts"]?.array ?? []).compactMap(\.string),
            plan: json["plan"].flatMap(RecordedPlan.init))
    }
}

/// The file of a plan that was applied.
public struct RecordedPlan: Hashable, Sendable {
    /// As it was typed.
    public var path: String
    /// Of the file, lowercase hexadecimal.
    public var sha256: String

    public init(path: String, sha256: String) {
        self.path = path
        self.sha256 = sha256
    }

    public var json: JSON { ["path": .string(path), "sha256": .string(sha256)] }

    init?(_ json: JSON) {
        guard let path = json["path"]?.string, let sha256 = json["sha256"]?.string else {
            return nil
        }
        self.init(path: path, sha256: sha256)
    }

    /// `change.plan (SHA-256 …)`, all of it: it is compared with the file's.
    public var inWords: String { "\(path.visible) (SHA-256 \(sha256))" }
}

/// The process of a run, and whose it is.
public struct RunOrigin: Hashable, Sendable {
    /// Who logged in; behind `sudo` still that one.
    public var user: String
    /// As whom it runs, where that is somebody else.
    public var effective: String?
    public var host: String
    public var process: Int
    /// Tells this process from others that had or will have its number: the boot, the namespace
    /// in which the number counts, and the kernel's tick in which it began.
    public var birth: String?
    /// Where an SSH login on `host` came from.
    public var client: String?

    /// This process.
    public static let current: RunOrigin = {
        func variable(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        let account = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) }
        let effective = account ?? "\(geteuid())"
        let login = geteuid() == 0 ? variable("SUDO_USER") ?? effective : effective
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        let process = Int(getpid())
        return RunOrigin(
            user: login, effective: login == effective ? nil : effective,
            host: String(
                decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self),
            process: process, birth: birth(ofProcess: process),
            client: variable("SSH_CONNECTION")?.split(separator: " ").first.map(String.init))
    }()

    /// Of a run whose record does not say.
    public static let unknown = RunOrigin(user: "?", host: "?", process: 0)

    /// Whether the process lives; `nil` where this machine, or this container, cannot tell.
    public var isAlive: Bool? {
        guard host == Self.current.host, let birth, let own = Self.current.birth else { return nil }
        let (theirs, ours) = (birth.split(separator: ":"), own.split(separator: ":"))
        guard theirs.count == 3, ours.count == 3 else { return nil }
        // Since this machine was started again, nothing of before lives.
        if theirs[0] != ours[0] { return false }
        return theirs[1] == ours[1] ? Self.birth(ofProcess: process) == birth : nil
    }

    private static func birth(ofProcess number: Int) -> String? {
        guard let boot = text(of: "/proc/sys/kernel/random/boot_id"),
            let status = text(of: "/proc/\(number)/stat"),
            // The name in parentheses may hold anything; what follows it does not.
            let name = status.lastIndex(of: ")")
        else { return nil }
        let fields = status[status.index(after: name)...].split(separator: " ")
        var target = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &target, target.count - 1)
        // proc(5): the start is the 22nd field, of which the first two stand before.
        guard fields.count > 19, count > 0 else { return nil }
        let namespace = target.prefix(count).filter { (48...57).contains($0) }
        return "\(boot.prefix(8)):"
            + "\(String(decoding: namespace.map(UInt8.init(bitPattern:)), as: UTF8.self))"
            + ":\(fields[19])"
    }

    /// Of a file that the kernel makes up, which never waits for a disk.
    private static func text(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
    }

    var json: JSON {
        .object(compact: [
            ("host", .string(host)), ("pid", .int(process)), ("birth", birth.map(JSON.string)),
            ("client", client.map(JSON.string)),
        ])
    }

    fileprivate init?(_ header: JSON) {
        guard let user = header["user"]?.string, let from = header["from"],
            let host = from["host"]?.string, let process = from["pid"]?.int
        else { return nil }
        self.user = user
        effective = header["as"]?.string
        self.host = host
        self.process = process
        birth = from["birth"]?.string
        client = from["client"]?.string
    }

    init(
        user: String, effective: String? = nil, host: String, process: Int, birth: String? = nil,
        client: String? = nil
    ) {
        self.user = user
        self.effective = effective
        self.host = host
        self.process = process
        self.birth = birth
        self.client = client
    }

    /// `ops (as root) at laptop, pid 4711, by SSH from 10.0.0.9`
    public var inWords: String {
        "\(user)\(effective.map { " (as \($0))" } ?? "") at \(host), pid \(process)"
            + (client.map { ", by SSH from \($0)" } ?? "")
    }
}
