import Loop
public import Vocabulary

/// Removes the snapshots that nobody is to keep, and what killed writers have left.
///
/// What goes is first named in a signed record: from then on it is no snapshot any more, and
/// whoever takes up a run that was killed knows what it was about. Then the manifest goes, and
/// last the objects.
public struct SnapshotPruning: Sendable {
    public var repository: any Repository
    public var signer: SigningKey
    public var policy: RetentionPolicy
    /// For how long the store keeps objects from their writing on.
    public var lock: Duration?
    public var now = Timestamp.now

    public init(
        repository: any Repository, signer: SigningKey, policy: RetentionPolicy,
        lock: Duration? = nil
    ) {
        self.repository = repository
        self.signer = signer
        self.policy = policy
        self.lock = lock
    }

    /// What would be done.
    public struct Plan: Sendable {
        public var retention: RetentionPlan
        /// What goes of the snapshots, oldest first.
        public var removed: [ManifestLink]
        /// Snapshots that an earlier run has named and not removed wholly.
        public var unfinished: [SnapshotID]
        /// Objects that belong to no snapshot.
        public var orphans: [ListedObject]
        /// Objects that were never completed.
        public var debris: [Debris]
        public var expiredLeases: [ObjectKey]

        public var isEmpty: Bool {
            removed.isEmpty && unfinished.isEmpty && orphans.isEmpty && debris.isEmpty
                && expiredLeases.isEmpty
        }
    }

    /// What was done.
    public struct Outcome: Sendable {
        public var objects = 0
        /// Stored bytes.
        public var bytes = 0
        /// What the store keeps for now.
        public var retained: [ObjectKey] = []
    }

    /// - Parameter keys: whose signatures count.
    public func plan(trusting keys: Set<VerifyingKey>) async throws -> Plan {
        // In this order: whoever ended its work between two of these steps is seen by the later one.
        let listed = try await repository.list("snapshots/")
        let debris = try await repository.debris()
        let leases = try await LeaseBook.read(from: repository, at: now)
        let catalogue = try await SnapshotCatalogue.read(from: repository, trusting: keys)
        let retention = RetentionPlan(
            of: catalogue.entries.map { candidate($0, leases) }, under: policy, at: now)
        let gone = Set(retention.removed)
        let rule = DebrisRule(leases: leases.leases, at: now)
        var plan = Plan(
            retention: retention,
            removed: catalogue.entries.map(\.link).filter { gone.contains($0.id) },
            unfinished: [], orphans: [], debris: debris.filter(rule.allowsRemoval),
            expiredLeases: leases.expired)
        let pruned = try await prunedSnapshots(keys)
        for (id, objects) in Self.folders(listed) where catalogue[id] == nil {
            if catalogue.problems.contains(.replayed(id)) {
                if !leases.isLeased(id, at: now) { plan.unfinished.append(id) }
            } else if try await repository.size(of: id.manifestKey) == nil {
                // Of a snapshot whose manifest is not genuine nothing is touched.
                if pruned.contains(id), !leases.isLeased(id, at: now) {
                    plan.unfinished.append(id)
                } else {
                    plan.orphans += objects.filter(rule.allowsRemoval)
                }
            }
        }
        return plan
    }

    /// Oldest first.
    private static func folders(
        _ objects: [ListedObject]
    ) -> [(id: SnapshotID, objects: [ListedObject])] {
        var folders: [SnapshotID: [ListedObject]] = [:]
        for object in objects {
            guard let id = object.key.parts.dropFirst().first.flatMap({ SnapshotID(String($0)) })
            else { continue }
            folders[id, default: []].append(object)
        }
        return folders.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func candidate(
        _ entry: SnapshotCatalogue.Entry, _ leases: LeaseBook
    ) -> RetentionPlan.Candidate {
        let manifest = entry.manifest
        return RetentionPlan.Candidate(
            id: manifest.id,
            contents: Set(manifest.databases.map(\.name) + manifest.sets.map { "set \($0.name)" }),
            level: entry.level, isLeased: leases.isLeased(manifest.id, at: now),
            retainedUntil: lock.map {
                Timestamp(seconds: manifest.ended.seconds + Int($0.components.seconds))
            })
    }

    private func prunedSnapshots(_ keys: Set<VerifyingKey>) async throws -> Set<SnapshotID> {
        var ids: Set<SnapshotID> = []
        for object in try await repository.list("prunes/") {
            let bytes = try await repository.contents(of: object.key)
            guard let document = try? SignedDocument(bytes, trusting: keys),
                let json = try? document.json(), let record = try? PruneRecord(json)
            else { continue }
            ids.formUnion(record.removed.map(\.id))
        }
        return ids
    }

    // MARK: Applying

    public func apply(_ plan: Plan) async throws -> Outcome {
        var outcome = Outcome()
        if !plan.removed.isEmpty {
            let record = PruneRecord(
                time: now, host: Operator.current.address, removed: plan.removed)
            guard let key = ObjectKey("prunes/\(SnapshotID(at: now)).json") else { return outcome }
            try await repository.create(key, SignedDocument(record.json, with: signer).bytes)
        }
        for id in plan.unfinished + plan.removed.map(\.id) {
            try Task.checkCancellation()
            try await remove(id, &outcome)
        }
        for object in plan.orphans { try await remove(object, &outcome) }
        for debris in plan.debris {
            try await repository.remove(debris)
            outcome.bytes += debris.size ?? 0
        }
        for key in plan.expiredLeases { try await repository.delete(key) }
        return outcome
    }

    private func remove(_ id: SnapshotID, _ outcome: inout Outcome) async throws {
        let objects = try await repository.list("snapshots/\(id)/")
        // Without its manifest nobody takes for a snapshot what is left of it.
        let manifest = objects.filter { $0.key == id.manifestKey }
        for object in manifest { try await remove(object, &outcome) }
        guard !manifest.contains(where: { outcome.retained.contains($0.key) }) else { return }
        for object in objects where object.key != id.manifestKey {
            try await remove(object, &outcome)
        }
    }

    private func remove(_ object: ListedObject, _ outcome: inout Outcome) async throws {
        do {
            try await repository.delete(object.key)
            outcome.objects += 1
            outcome.bytes += object.size
        } catch RepositoryError.retained {
            outcome.retained.append(object.key)
        }
    }
}
