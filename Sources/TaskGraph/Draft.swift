import Vocabulary

/// A graph before it is checked: its links as far as they lead anywhere, and what is wrong so
/// far. It knows nothing of the tasks' work.
struct Draft {
    var ids: [TaskID]
    /// Of tasks; the first one, where an id comes twice.
    private(set) var numbers: [TaskID: Int] = [:]
    var links: [Link] = []
    /// Tasks that a filter left out, behind the tasks in `ids`.
    var leftOut = 0
    private(set) var problems = Diagnostics()

    /// A graph of tasks, with what can be wrong about single ones.
    init<Work>(_ tasks: [GraphTask<Work>]) {
        ids = tasks.map(\.id)
        numbers.reserveCapacity(tasks.count)
        for (number, task) in tasks.enumerated() {
            if let first = numbers[task.id] {
                problems.add(.duplicate(task.id, at: task.place, first: tasks[first].place))
            } else {
                numbers[task.id] = number
            }
        }
        link(tasks)
        settleOwners(tasks)
    }

    /// Part of a graph that was checked before.
    init(ids: [TaskID], taskCount: Int, links: [Link]) {
        self.ids = ids
        self.links = links
        leftOut = ids.count - taskCount
        for number in 0..<taskCount { numbers[ids[number]] = number }
    }

    private mutating func link<Work>(_ tasks: [GraphTask<Work>]) {
        // A name is looked for among all of them, which is dear: a few hints will do.
        var hintsLeft = 20
        for (number, task) in tasks.enumerated() {
            for edge in task.after {
                if let before = numbers[edge.on] {
                    links.append(
                        Link(before: before, after: number, reason: edge.reason, place: edge.place))
                } else {
                    hintsLeft -= 1
                    let near =
                        hintsLeft >= 0
                        ? nearestName(to: edge.on.rawValue, among: tasks.lazy.map(\.id.rawValue))
                        : nil
                    problems.add(
                        .unknown(edge, of: task.id, at: edge.place ?? task.place, nearest: near))
                }
            }
            for edge in task.softAfter {
                guard let before = numbers[edge.on], before != number else { continue }
                links.append(
                    Link(
                        before: before, after: number, reason: edge.reason, place: edge.place,
                        isSoft: true))
            }
        }
    }

    /// Owners of one thing agree or are an error; those that agree take turns as they stand.
    private mutating func settleOwners<Work>(_ tasks: [GraphTask<Work>]) {
        var owners: [String: (task: Int, fingerprint: String)] = [:]
        for (number, task) in tasks.enumerated() {
            for ownership in task.owns {
                let last = owners[ownership.thing]
                if let last, last.fingerprint != ownership.fingerprint {
                    let other = tasks[last.task]
                    problems.add(
                        .conflict(
                            over: ownership.thing, task.id, at: task.place,
                            with: other.id, at: other.place))
                    continue
                }
                if let last, last.task != number {
                    links.append(
                        Link(
                            before: last.task, after: number,
                            reason: .order("both own \(ownership.thing.visible)"), isSoft: true))
                }
                owners[ownership.thing] = (number, ownership.fingerprint)
            }
        }
    }
}

/// What rolling needs to know of a task.
struct Turn {
    var host: String?
    var group: RollingGroup?
    var place: SourcePlace?
}
