public import Vocabulary

/// What became of one task of a run.
public struct RecordedTask: Hashable, Sendable {
    public enum Status: String, Hashable, Sendable, CaseIterable {
        case unchanged, changed, skipped, failed, pruned, cancelled, notStarted
        /// It was about to change something, and the record ends there.
        case unknown
    }

    public var task: String
    public var host: String?
    public var title: String
    /// `FILE:LINE` of the playbook.
    public var place: String?
    public var status: Status
    /// Why it was skipped, pruned or not started.
    public var because: String?
    /// Since the run began, in seconds; `nil` for a task that did not run.
    public var started: Double?
    /// How long it ran.
    public var seconds: Double?
    public var changes: [RecordedChange]
    public var errors: [RecordedError]
    /// What the host printed.
    public var output: BoundedText?

    public init(
        task: String, host: String?, title: String, place: String? = nil, status: Status,
        because: String? = nil, started: Double? = nil, seconds: Double? = nil,
        changes: [RecordedChange] = [], errors: [RecordedError] = [], output: BoundedText? = nil
    ) {
        self.task = task
        self.host = host
        self.title = title
        self.place = place
        self.status = status
        self.because = because
        self.started = started
        self.seconds = seconds
        self.changes = changes
        self.errors = errors
        self.output = output
    }

    /// Whether the thing is now as desired.
    public var isGood: Bool {
        switch status {
        case .unchanged, .changed, .skipped: true
        case .failed, .pruned, .cancelled, .notStarted, .unknown: false
        }
    }

    /// Whether a record is longer than a number because of it.
    var isEventful: Bool { status == .changed || !isGood }

    public var json: JSON {
        .object(compact: [
            ("task", .string(task)), ("host", host.map(JSON.string)), ("title", .string(title)),
            ("place", place.map(JSON.string)), ("status", .string(status.rawValue)),
            ("because", because.map(JSON.string)), ("started", started.map(JSON.milliseconds)),
            ("seconds", seconds.map(JSON.milliseconds)),
            ("changes", changes.isEmpty ? nil : .array(changes.map(\.json))),
            ("errors", errors.isEmpty ? nil : .array(errors.map(\.json))),
            ("output", output?.json),
        ])
    }

    init?(_ json: JSON) {
        guard let task = json["task"]?.string, let title = json["title"]?.string else { return nil }
        self.task = task
        self.title = title
        host = json["host"]?.string
        place = json["place"]?.string
        status = json["status"]?.string.flatMap(Status.init) ?? .unknown
        because = json["because"]?.string
        started = json["started"]?.duration
        seconds = json["seconds"]?.duration
        changes = (json["changes"]?.array ?? []).compactMap(RecordedChange.init)
        errors = (json["errors"]?.array ?? []).compactMap(RecordedError.init)
        output = BoundedText(json["output"])
    }
}

extension JSON {
    /// Seconds, as far as they are some that a run can take: whatever stands in a record, what
    /// is made of it can be reckoned with.
    var duration: Double? { double.map { min(max($0, 0), 1e9) } }

    /// A number of things, likewise.
    var count: Int? { int.map { min(max($0, 0), 1_000_000_000) } }

    /// Seconds, to the millisecond.
    static func milliseconds(_ seconds: Double) -> JSON {
        .double((seconds * 1000).rounded() / 1000)
    }
}
