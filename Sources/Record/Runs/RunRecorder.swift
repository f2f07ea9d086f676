public import Vocabulary

/// Writes the record of one run to its environment's store.
///
/// ``willChange(_:)`` is awaited before each change: when it throws, the change is not to be
/// made. Entries that come while a piece is being written go into the next piece together, so
/// that a run over many hosts waits for the store once and not for each. What could not be
/// written of what was done is written with the next piece that can.
///
/// Nothing is written before the first change. A run that comes to its end without one, and has
/// nothing to complain of, is one small object that ``end(_:tasks:)`` writes.
public actor RunRecorder {
    public nonisolated let run: RunID
    public nonisolated let began: Timestamp
    private let store: any StateStore
    private let retention: Retention
    private let header: @Sendable () async -> RunHeader
    private let start = ContinuousClock.now

    private var folder = RunFolder.runs
    private var written = 0
    private var last: Segment.Link?
    /// A piece of which the store did not say whether it has it.
    private var doubtful: [UInt8]?
    private var queue: [Item] = []
    private var isWriting = false
    /// What was done and could not be written yet.
    private var owed: [[UInt8]] = []

    private var changes = 0
    private var open: [Int: Duration] = [:]
    private var tasksOfChanges: [Int: String] = [:]
    private var withIntent: Set<String> = []
    private var withOutcome: Set<String> = []
    private var doomed: [RunPlace] = []

    private struct Item {
        var lines: [[UInt8]]
        /// Whether it tells of what was done, and must not be lost.
        var isOwed: Bool
        var continuation: CheckedContinuation<Void, any Error>
    }

    /// - Parameter header: asked for when it is written first; what it takes a while to find out
    ///   holds up nobody until then.
    public init(
        run: RunID, began: Timestamp, in store: any StateStore, retention: Retention = .standard,
        header: @escaping @Sendable () async -> RunHeader
    ) {
        self.run = run
        self.began = began
        self.store = store
        self.retention = retention
        self.header = header
    }

    /// Writes down what is about to be changed.
    ///
    /// - Returns: The number under which ``didChange(_:_:)`` tells what came of it.
    /// - Throws: ``StateStoreError``; then the change must not be made.
    public func willChange(_ change: IntendedChange) async throws -> Int {
        changes += 1
        let number = changes
        let entry = RunEntry.willChange(
            number: number, at: .now, started: elapsed.seconds, change)
        try await write([entry], isOwed: false)
        withIntent.insert(change.task)
        tasksOfChanges[number] = change.task
        open[number] = elapsed
        return number
    }

    /// Writes down what came of a change. Not to be cancelled with the run.
    public func didChange(_ number: Int, _ outcome: ChangeOutcome) async throws {
        let started = open.removeValue(forKey: number) ?? elapsed
        if case .failed = outcome, let task = tasksOfChanges[number] { withOutcome.insert(task) }
        let entry = RunEntry.didChange(
            number: number, at: .now, started: started.seconds,
            seconds: (elapsed - started).seconds, outcome)
        try await write([entry], isOwed: true)
    }

    /// Writes down how the run ended, and what became of its tasks. Nothing comes after it but
    /// ``prune()``.
    public func end(_ ending: RunEnding, tasks: [RecordedTask]) async throws {
        let isQuiet =
            ending.status == .done && changes == 0 && !tasks.contains(where: \.isEventful)
        if isQuiet { folder = .quiet }
        var ending = ending
        doomed = try await expired()
        for place in doomed { ending.pruned[place.folder.rawValue] = place.run }
        let told = isQuiet ? [] : entries(of: tasks)
        try await write(told + [.end(ending)], isOwed: true)
    }

    /// Removes records that are older than what is kept, and what killed writers left.
    public func prune() async throws {
        for place in doomed {
            // The first piece last: what is left of a run when this is cut is found again.
            for key in try await store.segments(of: place).reversed() {
                try await store.delete(key)
            }
        }
        doomed = []
        try await store.tidy()
    }

    /// How many entries wait for the piece that is being written.
    var waiting: Int { queue.count }

    private var elapsed: Duration { start.duration(to: .now) }

    private func expired() async throws -> [RunPlace] {
        let places = try await store.runPlaces().filter { $0.run != run }
        return RunFolder.allCases.flatMap { folder in
            let own = places.filter { $0.folder == folder }
            let count = retention[folder].expired(own.map(\.run), at: .now)
            return Array(own.prefix(min(count, Retention.atOnce)))
        }
    }
}

// MARK: - Tasks

extension RunRecorder {
    /// A task that changed nothing is told if it took longer than this.
    private static let noticed = 0.05

    /// More of one host are told in several entries, so that no line is as long as a run is.
    private static let tasksOfEntry = 500

    /// By host: those that did something or took a while; the others are counted.
    private func entries(of tasks: [RecordedTask]) -> [RunEntry] {
        var order: [String?] = []
        var ofHosts: [String?: (told: [RecordedTask], unchanged: Int)] = [:]
        for task in tasks {
            if ofHosts[task.host] == nil { order.append(task.host) }
            var entry = ofHosts[task.host] ?? ([], 0)
            if task.isEventful || (task.seconds ?? 0) >= Self.noticed {
                entry.told.append(withoutWhatIsWritten(task))
            } else {
                entry.unchanged += 1
            }
            ofHosts[task.host] = entry
        }
        return order.flatMap { host -> [RunEntry] in
            guard let entry = ofHosts[host] else { return [] }
            let starts = stride(from: 0, to: max(1, entry.told.count), by: Self.tasksOfEntry)
            return starts.map { start in
                .tasks(
                    host: host, Array(entry.told.dropFirst(start).prefix(Self.tasksOfEntry)),
                    unchanged: start == 0 ? entry.unchanged : 0)
            }
        }
    }

    private func withoutWhatIsWritten(_ task: RecordedTask) -> RecordedTask {
        var task = task
        if withIntent.contains(task.task) { task.changes = [] }
        if withOutcome.contains(task.task) {
            task.errors = []
            task.output = nil
        }
        return task
    }
}

// MARK: - Writing

extension RunRecorder {
    /// A piece does not grow beyond this, but for one line that is longer.
    private static let pieceLimit = 4 << 20

    private func write(_ entries: [RunEntry], isOwed: Bool) async throws {
        let lines = entries.map { Array($0.json.line.utf8) }
        try await withCheckedThrowingContinuation { continuation in
            queue.append(Item(lines: lines, isOwed: isOwed, continuation: continuation))
            guard !isWriting else { return }
            isWriting = true
            // A task of its own, for which everybody in the queue waits: the one who came first
            // may be cancelled, and the others still want their entries written.
            Task { await writeQueue() }
        }
    }

    private func writeQueue() async {
        while !queue.isEmpty {
            var batch: [Item] = []
            var size = 0
            while let next = queue.first, batch.isEmpty || size < Self.pieceLimit {
                size += next.lines.reduce(0) { $0 + $1.count }
                batch.append(next)
                queue.removeFirst()
            }
            var problem: (any Error)?
            do {
                try await payOwed()
            } catch {
                problem = error
            }
            var lines = batch.flatMap(\.lines)[...]
            if problem == nil {
                do {
                    try await writePieces(&lines)
                } catch {
                    problem = error
                }
            }
            conclude(batch, unwritten: lines.count, problem)
        }
        isWriting = false
    }

    /// - Parameter unwritten: how many lines, the last ones of the batch, could not be written.
    private func conclude(_ batch: [Item], unwritten: Int, _ problem: (any Error)?) {
        var written = batch.reduce(0) { $0 + $1.lines.count } - unwritten
        for item in batch {
            let left = item.lines.dropFirst(written)
            written -= item.lines.count - left.count
            if let problem, !left.isEmpty {
                if item.isOwed { owed += left }
                item.continuation.resume(throwing: problem)
            } else {
                item.continuation.resume()
            }
        }
    }

    private func payOwed() async throws {
        var lines = owed[...]
        defer { owed = Array(lines) }
        try await writePieces(&lines)
    }

    /// Takes from `lines` what was written.
    private func writePieces(_ lines: inout ArraySlice<[UInt8]>) async throws {
        while !lines.isEmpty {
            var size = 0
            let piece = lines.prefix { line in
                defer { size += line.count + 1 }
                return size == 0 || size + line.count < Self.pieceLimit
            }
            try await write(Array(piece))
            lines = lines.dropFirst(piece.count)
        }
    }

    private func write(_ lines: [[UInt8]]) async throws {
        var lines = lines
        var links = last.map { [$0] } ?? []
        var unread: [String] = []
        if written == 0 {
            (links, unread) = try await newestPieces()
            lines.insert(Array(await header().json.line.utf8), at: 0)
        }
        while true {
            let key = folder.key(run, written + 1)
            let bytes = Segment.bytes(
                run: run, number: written + 1, previous: links, unread: unread, lines: lines)
            do {
                try await store.create(key, bytes)
                written += 1
                last = Segment.Link(key, bytes)
                doubtful = nil
                return
            } catch StateStoreError.exists(key) {
                // It may be what we wrote when the store did not answer.
                guard let doubtful, try await store.read(key)?.bytes == doubtful else {
                    throw StateStoreError.exists(key)
                }
                if written == 0 { lines.removeFirst() }
                written += 1
                let link = Segment.Link(key, doubtful)
                (last, links, unread) = (link, [link], [])
                self.doubtful = nil
            } catch {
                doubtful = bytes
                throw error
            }
        }
    }

    /// No more runs before this one are tried than these.
    private static let mostUnread = 20

    /// The last pieces of the newest runs: of more than one, so that runs side by side are all
    /// named by somebody.
    ///
    /// One that cannot be read (of root, after a run with sudo; on a bad disk) is no reason to
    /// change nothing any more: it is named as such.
    private func newestPieces() async throws -> (links: [Segment.Link], unread: [String]) {
        var links: [Segment.Link] = []
        var unread: [String] = []
        for place in try await store.runPlaces().reversed() where place.run != run {
            do {
                guard let key = try await store.segments(of: place).last,
                    let object = try await store.read(key)
                else { continue }
                links.append(Segment.Link(key, object.bytes))
            } catch is StateStoreError {
                unread.append(place.folder.prefix(place.run))
            }
            if links.count == 3 || unread.count == Self.mostUnread { break }
        }
        return (links, unread)
    }
}
