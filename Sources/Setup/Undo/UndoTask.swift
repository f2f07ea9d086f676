import Hosts
public import Playbook
import Resources
public import TaskGraph
public import Vocabulary

/// A node of the graph that puts a run back.
public struct UndoTask: Sendable {
    enum Kind: Sendable {
        /// - Parameter problem: why the host could not even be asked for its journal.
        case observe(problem: TaskProblem?)
        case entry(RecordedRun.Entry)
        /// Done once more if something that it was notified by is put back.
        case handler(RecordedRun.Entry, notifiedBy: [TaskID])
    }

    let kind: Kind
    let place: UndoSearch.Place
    /// Of a change that could cut the host off.
    var network: NetworkDuty?
    /// Of an observation: whether something that holds a secret is put back there.
    var bringsSecrets = false
    /// Of an observation: the run, where its journal is damaged.
    var damaged: RecordedRun?

    var observation: TaskID { Self.observation(of: place) }

    static func observation(of place: UndoSearch.Place) -> TaskID {
        TaskID("\(place.host.name)/observe")
    }
}

extension UndoSearch.Found {
    /// The inverse of what the run did: on each host its changes from the last one to the first,
    /// and the handlers of what was put back as soon as all that notifies them is.
    ///
    /// - Parameter order: tasks of the present playbooks, whose order across hosts is kept.
    public func graph(
        _ order: [GraphTask<HostTask>]
    ) throws(Diagnostics) -> Graph<UndoTask> {
        var tasks: [GraphTask<UndoTask>] = []
        var nodes: [TaskID: [TaskID]] = [:]
        let marks = Dictionary(
            order.compactMap { task in NetworkDuty(task).map { (task.id, $0.seconds) } },
            uniquingKeysWith: { first, _ in first })
        for (place, problem) in unanswered {
            tasks.append(observation(place, problem))
        }
        for (place, run) in ownJournals {
            var first = observation(place, nil)
            first.work.bringsSecrets = run.entries.contains { entry in
                entry.undo.contains { $0.before.holdsSecret }
            }
            if run.damagedLines > 0 { first.work.damaged = run }
            tasks.append(first)
            tasks += chain(of: run.marked(marks), at: place, &nodes)
        }
        var positions: [TaskID: Int] = [:]
        for (position, task) in tasks.enumerated() { positions[task.id] = position }
        // What came later on one host because of another comes earlier now.
        for task in order {
            for edge in task.after + task.softAfter where edge.reason.isBinding {
                guard let later = nodes[task.id], let earlier = nodes[edge.on],
                    task.work.host.name != Self.host(of: edge.on)
                else { continue }
                for before in earlier {
                    guard let position = positions[before] else { continue }
                    tasks[position].softAfter += later.map {
                        Edge(on: $0, .order("it came later"))
                    }
                }
            }
        }
        return try Graph(checking: tasks)
    }

    /// Each with what was done under the name of its host: a machine with two names in the
    /// inventory may keep one journal for both.
    private var ownJournals: [(place: UndoSearch.Place, run: RecordedRun)] {
        let known = Dictionary(
            journals.map { ($0.place.host.name, Set($0.run.entries.map(\.task))) },
            uniquingKeysWith: { $0.union($1) })
        return journals.map { place, run in
            var own = run
            own.entries.removeAll { entry in
                let name = Self.host(of: entry.task)
                return name != place.host.name && known[name]?.contains(entry.task) == true
            }
            return (place, own)
        }
    }

    private static func host(of id: TaskID) -> HostName {
        HostName(String(id.rawValue.prefix { $0 != "/" }))
    }

    private func observation(
        _ place: UndoSearch.Place, _ problem: TaskProblem?
    ) -> GraphTask<UndoTask> {
        GraphTask(
            id: UndoTask.observation(of: place), title: "observe", host: place.host.name.rawValue,
            work: UndoTask(kind: .observe(problem: problem), place: place))
    }

    private func chain(
        of run: RecordedRun, at place: UndoSearch.Place, _ nodes: inout [TaskID: [TaskID]]
    ) -> [GraphTask<UndoTask>] {
        var tasks: [GraphTask<UndoTask>] = []
        var used: Set<TaskID> = []
        var last: RecordedRun.Entry?
        var lastID: TaskID?
        func add(_ entry: RecordedRun.Entry, _ kind: UndoTask.Kind, _ more: [Edge] = []) -> TaskID {
            // A task that was tried twice has two entries.
            let id =
                used.contains(entry.task)
                ? TaskID("\(entry.task.rawValue)#\(entry.number)") : entry.task
            used.insert(id)
            let order = lastID.map { [Edge(on: $0, .order("it was changed later"))] } ?? []
            // What a handler could not do holds up nothing else, unless the way to the host may
            // depend on it.
            let isHeldUp = last.map { !$0.isHandler || $0.revertSeconds != nil } ?? true
            tasks.append(
                GraphTask(
                    id: id, title: entry.title, host: place.host.name.rawValue,
                    after: [Edge(on: UndoTask.observation(of: place), .host)]
                        + (isHeldUp ? order : []),
                    softAfter: more + (isHeldUp ? [] : order),
                    work: UndoTask(kind: kind, place: place, network: run.duty(of: entry))))
            (last, lastID) = (entry, id)
            return id
        }
        func addHandler(_ entry: RecordedRun.Entry) {
            let notifiers = run.entries.filter { $0.notifies.contains(entry.task) }.map(\.task)
            let edges = notifiers.flatMap { nodes[$0] ?? [] }
                .map { Edge(on: $0, .order("it was notified by it")) }
            _ = add(entry, .handler(entry, notifiedBy: notifiers), edges)
        }
        // Once each, however often it was tried.
        var seen: Set<TaskID> = []
        let handlers = run.entries.filter { $0.isHandler && seen.insert($0.task).inserted }
        var due = Dictionary(grouping: handlers) { handler in
            run.entries.filter { $0.notifies.contains(handler.task) }.map(\.number).min()
        }
        for entry in run.entries.sorted(by: { $0.number > $1.number }) where !entry.isHandler {
            nodes[entry.task, default: []].append(add(entry, .entry(entry)))
            // What takes a configuration in does so while what it needs is still there: what came
            // before the configuration is put back after it.
            due.removeValue(forKey: entry.number)?.forEach(addHandler)
        }
        // Those that nothing of the run has notified.
        due[nil]?.forEach(addHandler)
        return tasks
    }
}

extension RecordedRun {
    /// With what the present playbooks say of `network: true`: they may give a host more time,
    /// and know of it where an older journal does not.
    fileprivate func marked(_ seconds: [TaskID: Int]) -> RecordedRun {
        var run = self
        for index in run.entries.indices {
            if let present = seconds[run.entries[index].task] {
                run.entries[index].revertSeconds = present
            }
        }
        return run
    }

    /// How the undo of a change is guarded.
    fileprivate func duty(of entry: Entry) -> NetworkDuty? {
        guard let seconds = entry.revertSeconds else { return nil }
        let handlers = entries.filter { handler in
            handler.isHandler && handler.revertSeconds != nil && !handler.undo.isEmpty
                && entry.notifies.contains(handler.task)
        }
        var seen: Set<TaskID> = []
        return NetworkDuty(
            task: entry.task, isHandler: entry.isHandler, seconds: seconds,
            handlers: handlers.map(\.task).filter { seen.insert($0).inserted }, isUndo: true)
    }
}
