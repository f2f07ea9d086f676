public import Vocabulary

/// Reads the records of an environment.
public struct RunArchive: Sendable {
    private let store: any StateStore

    public init(_ store: any StateStore) {
        self.store = store
    }

    /// All runs, the newest first.
    public func runs() async throws -> [RunID] {
        try await store.runPlaces().reversed().map(\.run)
    }

    /// What a list says of these runs, in their order. One whose record is gone is left out.
    public func outlines(of runs: [RunID]) async throws -> [RunOutline] {
        let places = Dictionary(
            try await store.runPlaces().map { ($0.run, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        return try await inTurn(runs.compactMap { places[$0] }) { try await outline(of: $0) }
            .compactMap(\.self)
    }

    /// The record of a run; `nil` where there is none.
    public func record(of run: RunID) async throws -> RunRecord? {
        for folder in RunFolder.allCases {
            let place = RunPlace(run: run, folder: folder)
            let keys = try await store.segments(of: place)
            if !keys.isEmpty { return try await record(of: place, keys) }
        }
        return nil
    }

    /// The run that somebody means by `text`: its id, the beginning of it, the letters at its
    /// end, or `last`.
    public func run(named text: String) async throws -> RunID {
        let runs = try await runs()
        if text == "last", let run = runs.first { return run }
        let found = runs.filter { $0.rawValue == text || $0.letters == text }
        let near = found.isEmpty ? runs.filter { $0.rawValue.hasPrefix(text) } : found
        if near.count == 1, !text.isEmpty { return near[0] }
        throw UnknownRunError(name: text, runs: runs, matches: near)
    }

    /// The first piece and the last tell it; the others only of a run without an end.
    private func outline(of place: RunPlace) async throws -> RunOutline? {
        let keys = try await store.segments(of: place)
        guard let first = keys.first, let last = keys.last else { return nil }
        let ends = try await record(of: place, keys.count > 1 ? [first, last] : [first])
        guard ends.ending == nil, keys.count > 2 else { return RunOutline(ends) }
        return RunOutline(try await record(of: place, keys))
    }

    private func record(of place: RunPlace, _ keys: [StateKey]) async throws -> RunRecord {
        var record = RunRecord(run: place.run)
        let pieces = try await inTurn(keys) { key in (key, try await store.read(key)) }
        for (key, object) in pieces {
            guard let object else {
                record.damage.append(RecordDamage(place: key.path, message: "it is missing"))
                continue
            }
            do {
                for entry in try Segment(parsing: object.bytes).entries { record.add(entry) }
            } catch {
                record.damage.append(RecordDamage(place: key.path, message: error.message))
            }
        }
        return record
    }
}

/// What a list says of a run.
public struct RunOutline: Hashable, Sendable {
    public var run: RunID
    public var header: RunHeader?
    public var ending: RunEnding?
    public var state: RunRecord.State
    public var counts: [RecordedTask.Status: Int]
    public var seconds: Double
    public var isDamaged: Bool

    public init(_ record: RunRecord) {
        run = record.run
        header = record.header
        ending = record.ending
        state = record.state
        counts = record.counts
        seconds = record.seconds
        isDamaged = !record.damage.isEmpty
    }
}

/// No run, or more than one, is meant.
public struct UnknownRunError: Error, Hashable, Sendable {
    public var name: String
    public var runs: [RunID]
    public var matches: [RunID]

    public var diagnostic: Diagnostic {
        func list(_ runs: some Collection<RunID>) -> String {
            runs.prefix(3).map { "`\($0)`" }.joined(separator: ", ")
                + (runs.count > 3 ? ", …" : "")
        }
        if runs.isEmpty {
            return Diagnostic(.unknownRun, "no run of this environment is recorded")
        }
        if matches.count > 1 {
            return Diagnostic(
                .unknownRun, "\(matches.count) runs are called `\(name.visible)`",
                hint: list(matches))
        }
        // By the time in its name, or by the letters that were typed wrong.
        let typed = nearestName(to: name, among: runs.map(\.rawValue) + runs.map { $0.letters })
        let slip = runs.first { $0.rawValue == typed || $0.letters == typed }
        let later = runs.reversed().first { $0.rawValue > name }
        let earlier = runs.first { $0.rawValue < name }
        var near: [RunID] = []
        for run in [slip, earlier, later].compactMap(\.self) where !near.contains(run) {
            near.append(run)
        }
        return Diagnostic(
            .unknownRun, "there is no run `\(name.visible)`", hint: "near it: \(list(near))",
            help: "`finflowctl history` lists them.")
    }
}

/// The results of `transform` in the order of `elements`, several of them at a time.
func inTurn<Element: Sendable, Value: Sendable>(
    _ elements: [Element], atOnce limit: Int = 8,
    _ transform: @escaping @Sendable (Element) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
        var values: [Int: Value] = [:]
        for (index, element) in elements.enumerated() {
            if index >= limit, let (done, value) = try await group.next() { values[done] = value }
            group.addTask { (index, try await transform(element)) }
        }
        for try await (index, value) in group { values[index] = value }
        return elements.indices.compactMap { values[$0] }
    }
}
