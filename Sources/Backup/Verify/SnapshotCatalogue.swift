import Vocabulary

/// The snapshots of a repository, as far as they can be trusted: manifests, what was pruned, and
/// how far each was verified.
public struct SnapshotCatalogue: Sendable {
    /// One that is genuine.
    public struct Entry: Sendable {
        public var manifest: Manifest
        public var link: ManifestLink
        /// Of all checks, oldest first.
        public var records: [VerificationRecord]

        public init(
            manifest: Manifest, link: ManifestLink, records: [VerificationRecord] = []
        ) {
            self.manifest = manifest
            self.link = link
            self.records = records
        }

        public var level: VerificationLevel? {
            manifest.level(provenBy: records, sha256: link.sha256)
        }
    }

    /// Oldest first.
    public private(set) var entries: [Entry] = []
    /// What is wrong with the chain.
    public private(set) var problems: [SnapshotChain.Problem] = []
    /// Records that prove nothing: unsigned, unreadable.
    public private(set) var unusableRecords: [ObjectKey] = []

    /// The newest: what the next manifest names.
    public var newest: Entry? { entries.last }

    public subscript(id: SnapshotID) -> Entry? { entries.first { $0.manifest.id == id } }

    /// - Parameter remembered: snapshots that must be there.
    public static func read(
        from repository: any Repository, trusting keys: Set<VerifyingKey>,
        remembering remembered: [ManifestLink] = []
    ) async throws -> SnapshotCatalogue {
        var catalogue = SnapshotCatalogue()
        var found: [SnapshotChain.Found] = []
        var records: [SnapshotID: [VerificationRecord]] = [:]
        for folder in try await repository.folders(in: "snapshots/") {
            guard let id = SnapshotID(folder) else { continue }
            do {
                let bytes = try await repository.contents(of: id.manifestKey)
                found.append(.init(id: id, bytes: bytes))
            } catch RepositoryError.missing {
                // One that is being made, or never became one.
                continue
            }
            records[id] = try await catalogue.records(of: id, in: repository, keys)
        }
        let chain = SnapshotChain(
            found, pruned: try await catalogue.pruned(from: repository, keys),
            remembered: remembered, trusting: keys)
        catalogue.problems = chain.problems
        catalogue.entries = chain.snapshots.map { manifest, link in
            Entry(manifest: manifest, link: link, records: records[manifest.id] ?? [])
        }
        return catalogue
    }

    private mutating func records(
        of id: SnapshotID, in repository: any Repository, _ keys: Set<VerifyingKey>
    ) async throws -> [VerificationRecord] {
        // Objects of databases lie a folder deeper.
        let folder = "snapshots/\(id)/"
        var records: [VerificationRecord] = []
        for level in VerificationLevel.allCases {
            for object in try await repository.list(folder + level.rawValue) {
                guard object.key.parts.count == 3 else { continue }
                if let json = try await document(object.key, in: repository, keys),
                    let record = try? VerificationRecord(json), record.level == level
                {
                    records.append(record)
                } else {
                    unusableRecords.append(object.key)
                }
            }
        }
        return records.sorted { $0.time < $1.time }
    }

    private mutating func pruned(
        from repository: any Repository, _ keys: Set<VerifyingKey>
    ) async throws -> [PruneRecord] {
        var records: [PruneRecord] = []
        for object in try await repository.list("prunes/") {
            if let json = try await document(object.key, in: repository, keys),
                let record = try? PruneRecord(json)
            {
                records.append(record)
            } else {
                unusableRecords.append(object.key)
            }
        }
        return records
    }

    private func document(
        _ key: ObjectKey, in repository: any Repository, _ keys: Set<VerifyingKey>
    ) async throws -> JSON? {
        do {
            let bytes = try await repository.contents(of: key)
            return try? SignedDocument(bytes, trusting: keys).json()
        } catch RepositoryError.missing, RepositoryError.tooLarge {
            return nil
        }
    }
}

extension SnapshotID {
    /// `snapshots/20261124T140312Z-k3f9q2/manifest.json`
    public var manifestKey: ObjectKey { key("manifest.json") }

    /// Where a record of a check goes.
    public func recordKey(_ level: VerificationLevel) -> ObjectKey {
        key("\(level.rawValue)-\(SnapshotID()).json")
    }

    /// - Parameter name: of letters that a key may have.
    func key(_ name: String) -> ObjectKey {
        guard let key = ObjectKey("snapshots/\(self)/\(name)") else {
            preconditionFailure("`\(name)` cannot be a part of a key")
        }
        return key
    }
}
