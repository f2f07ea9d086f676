public import Vocabulary

/// What is about to be changed.
public struct IntendedChange: Hashable, Sendable {
    public var task: String
    public var host: String?
    public var title: String
    public var place: String?
    public var changes: [RecordedChange]
    /// What takes it back, as whoever will do so understands it.
    public var undo: [JSON]

    public init(
        task: String, host: String?, title: String, place: String? = nil,
        changes: [RecordedChange], undo: [JSON] = []
    ) {
        self.task = task
        self.host = host
        self.title = title
        self.place = place
        self.changes = changes
        self.undo = undo
    }
}

/// What came of a change.
public enum ChangeOutcome: Hashable, Sendable {
    case changed
    case failed([RecordedError], output: BoundedText? = nil)
    /// Cut; what it had done by then is not known.
    case cancelled
}

/// How a run ended.
public struct RunEnding: Hashable, Sendable {
    public var at: Timestamp
    public var status: ExitStatus
    public var seconds: Double
    /// How many tasks ended in each way.
    public var counts: [RecordedTask.Status: Int]
    /// Records up to these runs were removed when this one ended, by their folder.
    var pruned: [String: RunID] = [:]

    public init(
        at: Timestamp = .now, status: ExitStatus, seconds: Double,
        counts: [RecordedTask.Status: Int]
    ) {
        self.at = at
        self.status = status
        self.seconds = seconds
        self.counts = counts
    }
}

/// A line of a record.
enum RunEntry: Hashable, Sendable {
    case begin(RunHeader)
    case willChange(number: Int, at: Timestamp, started: Double, IntendedChange)
    case didChange(number: Int, at: Timestamp, started: Double, seconds: Double, ChangeOutcome)
    /// Tasks of one host, and how many more were as they should be.
    case tasks(host: String?, [RecordedTask], unchanged: Int)
    case end(RunEnding)
    /// Written by a later version for those that understand it.
    case other(JSON)
}

extension RunEntry {
    var json: JSON {
        switch self {
        case .begin(let header):
            return header.json
        case .willChange(let number, let at, let started, let change):
            return .object(compact: [
                ("entry", "will-change"), ("change", .int(number)),
                ("at", .string(at.description)), ("started", .milliseconds(started)),
                ("task", .string(change.task)), ("host", change.host.map(JSON.string)),
                ("title", .string(change.title)), ("place", change.place.map(JSON.string)),
                ("changes", .array(change.changes.map(\.json))),
                ("undo", change.undo.isEmpty ? nil : .array(change.undo)),
            ])
        case .didChange(let number, let at, let started, let seconds, let outcome):
            var members: [(String, JSON?)] = [
                ("entry", .string(outcome.word)), ("change", .int(number)),
                ("at", .string(at.description)), ("started", .milliseconds(started)),
                ("seconds", .milliseconds(seconds)),
            ]
            if case .failed(let errors, let output) = outcome {
                members.append(("errors", .array(errors.map(\.json))))
                members.append(("output", output?.json))
            }
            return .object(compact: members)
        case .tasks(let host, let tasks, let unchanged):
            return .object(compact: [
                ("entry", "tasks"), ("host", host.map(JSON.string)),
                ("unchanged", .int(unchanged)), ("tasks", .array(tasks.map(\.json))),
            ])
        case .end(let ending):
            return ending.json
        case .other(let json):
            return json
        }
    }

    /// `nil` for a line that says it is an entry of ours and is not.
    init?(_ json: JSON) {
        switch json["entry"]?.string {
        case nil:
            return nil
        case "begin":
            guard let header = RunHeader(json) else { return nil }
            self = .begin(header)
        case "will-change":
            guard let number = json["change"]?.int,
                let at = json["at"]?.string.flatMap(Timestamp.init),
                let task = json["task"]?.string, let title = json["title"]?.string
            else { return nil }
            self = .willChange(
                number: number, at: at, started: json["started"]?.duration ?? 0,
                IntendedChange(
                    task: task, host: json["host"]?.string, title: title,
                    place: json["place"]?.string,
                    changes: (json["changes"]?.array ?? []).compactMap(RecordedChange.init),
                    undo: json["undo"]?.array ?? []))
        case "changed", "failed", "cancelled":
            guard let number = json["change"]?.int,
                let at = json["at"]?.string.flatMap(Timestamp.init)
            else { return nil }
            self = .didChange(
                number: number, at: at, started: json["started"]?.duration ?? 0,
                seconds: json["seconds"]?.duration ?? 0, ChangeOutcome(json))
        case "tasks":
            self = .tasks(
                host: json["host"]?.string,
                (json["tasks"]?.array ?? []).compactMap(RecordedTask.init),
                unchanged: json["unchanged"]?.count ?? 0)
        case "end":
            guard let ending = RunEnding(json) else { return nil }
            self = .end(ending)
        default:
            self = .other(json)
        }
    }
}

extension ChangeOutcome {
    fileprivate var word: String {
        switch self {
        case .changed: "changed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        }
    }

    fileprivate init(_ json: JSON) {
        switch json["entry"]?.string {
        case "changed": self = .changed
        case "cancelled": self = .cancelled
        default:
            self = .failed(
                (json["errors"]?.array ?? []).compactMap(RecordedError.init),
                output: BoundedText(json["output"]))
        }
    }
}

extension RunEnding {
    fileprivate var json: JSON {
        .object(compact: [
            ("entry", "end"), ("at", .string(at.description)),
            ("exit_status", .int(Int(status.rawValue))), ("seconds", .milliseconds(seconds)),
            (
                "counts",
                .object(
                    RecordedTask.Status.allCases.compactMap { kind in
                        counts[kind].map { .init(kind.rawValue, .int($0)) }
                    })
            ),
            (
                "pruned",
                pruned.isEmpty
                    ? nil
                    : .object(
                        pruned.sorted { $0.key < $1.key }.map {
                            .init($0.key, .string($0.value.rawValue))
                        })
            ),
        ])
    }

    fileprivate init?(_ json: JSON) {
        guard let at = json["at"]?.string.flatMap(Timestamp.init),
            let number = json["exit_status"]?.int.flatMap(Int32.init(exactly:))
        else { return nil }
        self.at = at
        status = ExitStatus(rawValue: number) ?? .failed
        seconds = json["seconds"]?.duration ?? 0
        counts = [:]
        for member in json["counts"]?.members ?? [] {
            if let kind = RecordedTask.Status(rawValue: member.name), let count = member.value.count
            {
                counts[kind] = count
            }
        }
        for member in json["pruned"]?.members ?? [] {
            pruned[member.name] = member.value.string.flatMap(RunID.init)
        }
    }
}
