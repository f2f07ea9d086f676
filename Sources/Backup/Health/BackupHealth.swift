public import Vocabulary

/// How good the backups of an environment are: for each database the newest snapshot, its age and
/// how far it is proven, and what would be lost if the worst happened now.
public struct BackupHealth: Hashable, Sendable {
    public enum State: Int, Hashable, Sendable, Comparable {
        case good
        /// It is there and stored, but nobody has read it for long.
        case doubtful
        /// There is none, or it is too old.
        case bad

        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    public struct Database: Hashable, Sendable {
        public var name: String
        /// The newest that is at least stored.
        public var newest: SnapshotID?
        public var level: VerificationLevel?
        /// The moment that it shows.
        public var time: Timestamp?
        /// In seconds, from that moment on: what would be lost now.
        public var age: Int?
        /// When the newest that is at least readable was made.
        public var readable: Timestamp?
        /// How many are at least stored.
        public var count: Int
        /// The recovery point that the snapshots of the last days really gave, in seconds: as much
        /// as would have been lost at the worst moment, just before one was whole.
        public var recoveryPoint: Int?
        public var state: State
    }

    public var databases: [Database]
    /// What is wrong with the chain of manifests.
    public var problems: [String]

    public var state: State {
        (databases.map(\.state) + (problems.isEmpty ? [] : [.bad])).max() ?? .bad
    }

    /// In seconds: as long as a snapshot may be the newest one that was read to its end. One that
    /// nobody has read may turn out to be none.
    public static let readableWithin = 8 * 86_400
    /// How far back the recovery point is looked at.
    private static let window = 30 * 86_400

    /// - Parameters:
    ///   - names: of the databases and sets that the environment wants backed up.
    ///   - maximumAge: of the newest one, in seconds.
    public init(
        of catalogue: SnapshotCatalogue, for names: [String], maximumAge: Int, at now: Timestamp
    ) {
        databases = names.map { name in
            Self.database(name, catalogue, maximumAge: maximumAge, at: now)
        }
        problems = catalogue.problems.filter(\.isFinding).map(\.diagnostic.sentence)
    }

    private static func database(
        _ name: String, _ catalogue: SnapshotCatalogue, maximumAge: Int, at now: Timestamp
    ) -> Database {
        let entries = catalogue.entries.compactMap { entry in
            entry.level.flatMap { level in
                entry.manifest.moment(of: name).map { (entry: entry, level: level, time: $0) }
            }
        }
        let readable = entries.last { $0.level >= .readable }
        guard let newest = entries.last else {
            return Database(name: name, readable: nil, count: 0, state: .bad)
        }
        let age = max(0, now.seconds - newest.time.seconds)
        var state = State.good
        if readable.map({ now.seconds - $0.time.seconds > readableWithin }) ?? true {
            state = .doubtful
        }
        if age > maximumAge { state = .bad }
        return Database(
            name: name, newest: newest.entry.manifest.id, level: newest.level, time: newest.time,
            age: age, readable: readable?.time, count: entries.count,
            recoveryPoint: recoveryPoint(
                entries.map { ($0.time.seconds, $0.entry.manifest.ended.seconds) }, now.seconds),
            state: state)
    }

    /// Until the next snapshot is whole, the one before it is all there is.
    ///
    /// - Parameter snapshots: the moment that each shows, and when it was whole; oldest first.
    private static func recoveryPoint(_ snapshots: [(moment: Int, whole: Int)], _ now: Int) -> Int?
    {
        guard let last = snapshots.last else { return nil }
        let losses = zip(snapshots, snapshots.dropFirst())
            .filter { now - $0.1.whole <= window }
            .map { before, next in next.whole - before.moment }
        return (losses + [now - last.moment]).max()
    }
}

extension Manifest {
    /// What a snapshot shows of a database, or of a set of files, and when.
    func moment(of name: String) -> Timestamp? {
        databases.first { $0.name == name }?.time ?? sets.first { $0.name == name }?.time
    }
}
