public import Vocabulary

/// Whether the records of a store are those that were written: each piece names what came
/// before it, and what it names must be there, unchanged.
///
/// It cannot tell that the newest runs of all are missing their ends, or missing altogether:
/// nothing came after them that names them.
public struct ChainCheck: Sendable {
    public struct Result: Hashable, Sendable {
        public var runs: Int
        public var pieces: Int
        public var damage: [RecordDamage]
    }

    private let store: any StateStore

    public init(_ store: any StateStore) {
        self.store = store
    }

    /// - Parameter run: only this one, with what it names and what names it; `nil` for all.
    public func check(only run: RunID? = nil) async throws -> Result {
        let places = try await store.runPlaces()
        var chain = Chain()
        for place in places {
            let keys = try await store.segments(of: place)
            let pieces = try await inTurn(keys) { key in (key, try await store.read(key)) }
            chain.add(place, pieces.compactMap { key, object in object.map { (key, $0.bytes) } })
        }
        return chain.result(only: run)
    }
}

/// What was read, without its contents.
private struct Chain {
    private var digests: [StateKey: String] = [:]
    private var links: [(from: StateKey, to: Segment.Link)] = []
    private var damage: [(run: RunID, RecordDamage)] = []
    private var pruned: [RunFolder: RunID] = [:]
    private var pieces: [RunID: Int] = [:]

    mutating func add(_ place: RunPlace, _ objects: [(StateKey, [UInt8])]) {
        // A run whose removal was cut has lost its end; nothing is known of one with no pieces.
        for (index, (key, bytes)) in objects.enumerated() {
            digests[key] = Segment.Link(key, bytes).sha256
            pieces[place.run, default: 0] += 1
            let number = key.segment?.number ?? 0
            if number != index + 1,
                number != (objects[max(0, index - 1)].0.segment?.number ?? 0) + 1
            {
                note(place, place.folder.key(place.run, number - 1).path, "it is missing")
            }
            do {
                let segment = try Segment(parsing: bytes)
                guard segment.run == place.run, segment.number == number else {
                    note(place, key.path, "it is piece \(segment.number) of \(segment.run)")
                    continue
                }
                if number > 1, segment.previous.count != 1 {
                    note(place, key.path, "it does not name the piece before it")
                }
                links += segment.previous.map { (key, $0) }
                for case .end(let ending) in segment.entries {
                    for (name, run) in ending.pruned {
                        guard let folder = RunFolder(rawValue: name) else { continue }
                        pruned[folder] = max(pruned[folder] ?? run, run)
                    }
                }
            } catch {
                note(place, key.path, error.message)
            }
        }
    }

    private mutating func note(_ place: RunPlace, _ key: String, _ message: String) {
        damage.append((place.run, RecordDamage(place: key, message: message)))
    }

    func result(only run: RunID?) -> ChainCheck.Result {
        var found = damage.filter { run == nil || $0.run == run }.map(\.1)
        for (from, link) in links {
            guard let target = link.key.segment else { continue }
            guard run == nil || from.segment?.run == run || target.run == run else { continue }
            if let limit = pruned[target.folder], target.run <= limit { continue }
            guard let digest = digests[link.key] else {
                found.append(
                    RecordDamage(
                        place: link.key.path, message: "it is missing; \(from) names it"))
                continue
            }
            if digest != link.sha256 {
                found.append(
                    RecordDamage(
                        place: link.key.path,
                        message: "it was changed after it was written: \(from) names another"))
            }
        }
        let unique = found.reduce(into: [RecordDamage]()) { list, damage in
            // What is missing is told once.
            if !list.contains(where: { $0.place == damage.place }) { list.append(damage) }
        }
        return ChainCheck.Result(
            runs: run == nil ? pieces.count : 1,
            pieces: run.map { pieces[$0] ?? 0 } ?? pieces.values.reduce(0, +),
            damage: unique.sorted { $0.place < $1.place })
    }
}
