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
            ("user", .string(origin.who.user)), ("as", origin.who.effective.map(JSON.string)),
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
