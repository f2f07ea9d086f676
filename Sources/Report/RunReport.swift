public import Record

/// What a page says of one run: who, what, when, what came of it, task by task.
///
/// The page is one file without scripts, style sheets or images of its own: it can be attached to
/// a ticket, kept for years and printed. All texts are escaped, whatever a host printed.
public struct RunReport: Sendable {
    public var header: RunHeader
    /// Whether it only said what would change.
    public var isPlan: Bool
    /// `done`, `failed`, `killed`, …
    public var outcome: String
    public var isGood: Bool
    /// The exit status; `nil` of a run without an end.
    public var status: Int?
    public var seconds: Double
    /// All that are known of, in the order of the graph.
    public var tasks: [RecordedTask]
    /// How many tasks more of each host were as they should be.
    public var unlisted: [String?: Int]
    /// The command that goes on from here.
    public var next: String?
    /// What of the run's record is not as it was written.
    public var damage: [RecordDamage]

    public init(
        header: RunHeader, isPlan: Bool, outcome: String, isGood: Bool, status: Int?,
        seconds: Double, tasks: [RecordedTask], unlisted: [String?: Int] = [:],
        next: String? = nil, damage: [RecordDamage] = []
    ) {
        self.header = header
        self.isPlan = isPlan
        self.outcome = outcome
        self.isGood = isGood
        self.status = status
        self.seconds = Self.sensible(seconds) ?? 0
        self.tasks = tasks.map { task in
            var task = task
            task.started = Self.sensible(task.started)
            task.seconds = Self.sensible(task.seconds)
            return task
        }
        self.unlisted = unlisted
        self.next = next
        self.damage = damage
    }

    /// A length of time that a run can have.
    private static func sensible(_ seconds: Double?) -> Double? {
        guard let seconds, seconds.isFinite else { return nil }
        return min(max(seconds, 0), 1e9)
    }

    /// Of a run that is recorded, as far as its record can be read.
    public init(_ record: RunRecord) {
        let header =
            record.header
            ?? RunHeader(
                run: record.run, began: record.run.time, command: [], environment: "?",
                origin: .unknown, version: "?")
        self.init(
            header: header, isPlan: false, outcome: record.state.word,
            isGood: record.state.isGood && record.damage.isEmpty,
            status: record.ending.map { Int($0.status.rawValue) }, seconds: record.seconds,
            tasks: record.tasks, unlisted: record.unlisted, damage: record.damage)
    }

    /// The page: HTML that is well-formed XML, too.
    public var html: String { ReportPage(self).document }
}

extension RunReport {
    func count(_ statuses: RecordedTask.Status...) -> Int {
        tasks.count { statuses.contains($0.status) }
    }

    var unchanged: Int { count(.unchanged, .skipped) + unlisted.values.reduce(0, +) }
}

/// The tasks of one host.
struct HostTasks: Sendable {
    /// `nil` for tasks of no host.
    var host: String?
    var tasks: [RecordedTask]
    /// How many more were as they should be.
    var unlisted: Int

    var name: String { host ?? "finflowctl itself" }
    var failed: Int { tasks.count { $0.status == .failed || $0.status == .unknown } }
    var changed: Int { tasks.count { $0.status == .changed } }
    var isEventful: Bool { tasks.contains { !$0.isGood || $0.status == .changed } }

    /// From when to when something ran, in seconds.
    var span: ClosedRange<Double>? {
        let bars = tasks.compactMap(\.span)
        guard let first = bars.map(\.lowerBound).min(), let last = bars.map(\.upperBound).max()
        else { return nil }
        return first...last
    }

    /// Those that are to be looked at first stand first: failures, then changes.
    static func all(of report: RunReport) -> [HostTasks] {
        var order: [String?] = []
        var tasks: [String?: [RecordedTask]] = [:]
        for task in report.tasks {
            if tasks[task.host] == nil { order.append(task.host) }
            tasks[task.host, default: []].append(task)
        }
        for host in report.unlisted.keys.sorted(by: { ($0 ?? "") < ($1 ?? "") })
        where tasks[host] == nil {
            order.append(host)
        }
        let hosts = order.map { host in
            HostTasks(
                host: host, tasks: tasks[host] ?? [], unlisted: report.unlisted[host] ?? 0)
        }
        return hosts.enumerated().sorted { left, right in
            let (first, second) = (left.element.rank, right.element.rank)
            return first != second ? first < second : left.offset < right.offset
        }.map(\.element)
    }

    private var rank: Int {
        failed > 0 ? 0 : tasks.contains { !$0.isGood } ? 1 : changed > 0 ? 2 : 3
    }
}

extension RecordedTask {
    /// When it ran, in seconds since the run began.
    var span: ClosedRange<Double>? {
        guard let started, started.isFinite else { return nil }
        let length = max(0, seconds ?? 0)
        return started...(length.isFinite ? started + length : started)
    }

    /// Its id without the host.
    var name: String {
        guard let host, task.hasPrefix(host + "/") else { return task }
        return String(task.dropFirst(host.count + 1))
    }
}
