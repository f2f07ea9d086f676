import Vocabulary

/// The leases of a repository: what is being written or read now.
struct LeaseBook: Sendable {
    /// All of them, also those that are over.
    private(set) var leases: [Lease] = []
    /// Those that ended without being taken away.
    private(set) var expired: [ObjectKey] = []

    static func read(from repository: any Repository, at now: Timestamp) async throws -> LeaseBook {
        var book = LeaseBook()
        for object in try await repository.list("leases/") {
            let lease: Lease
            do {
                let bytes = try await repository.contents(of: object.key, atMost: .kibibytes(64))
                guard let known = (try? JSON(parsing: bytes)).flatMap({ try? Lease($0) }) else {
                    // Whoever wrote it has a reason: it holds for as long as any does.
                    guard let unknown = Lease(unreadable: object) else { continue }
                    book.add(unknown, object.key, now)
                    continue
                }
                lease = known
            } catch RepositoryError.missing {
                continue
            }
            book.add(lease, object.key, now)
        }
        return book
    }

    private mutating func add(_ lease: Lease, _ key: ObjectKey, _ now: Timestamp) {
        leases.append(lease)
        if lease.until <= now { expired.append(key) }
    }

    func isLeased(_ id: SnapshotID, at now: Timestamp) -> Bool {
        leases.contains { $0.snapshot == id && $0.until > now }
    }
}

extension Lease {
    /// One of a later version, known by its key: `leases/<snapshot>-<id>.json`.
    fileprivate init?(unreadable object: ListedObject) {
        let parts = object.key.name.split(separator: "-")
        guard parts.count > 1, let id = SnapshotID("\(parts[0])-\(parts[1])") else { return nil }
        self.init(
            snapshot: id, holder: "somebody", purpose: "unknown",
            until: Timestamp(seconds: object.modified.seconds + DebrisRule.age))
    }
}
