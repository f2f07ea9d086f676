public import Vocabulary

/// How far a snapshot has been proven, from less to more.
public enum VerificationLevel: String, Hashable, Comparable, Sendable, CaseIterable {
    /// Every object was read again where it lies, and has the hash that it should have.
    case stored
    /// Every object was decrypted and parsed to its end.
    case readable
    /// It was restored and compared: a drill.
    case restored

    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What came of one check of a snapshot; a signed object of its own beside the manifest.
public struct VerificationRecord: Hashable, Sendable {
    public static let document = "finflow verification record 1"

    public var manifest: ManifestLink
    public var level: VerificationLevel
    public var time: Timestamp
    /// `user@machine`
    public var host: String
    /// finflowctl's version.
    public var version: String
    /// How many objects and stored bytes were looked at: a part of a snapshot proves no level.
    public var objects: Int
    public var bytes: Int
    /// What was wrong; empty when it passed.
    public var problems: [String]

    public init(
        manifest: ManifestLink, level: VerificationLevel, time: Timestamp, host: String,
        version: String, objects: Int, bytes: Int, problems: [String]
    ) {
        self.manifest = manifest
        self.level = level
        self.time = time
        self.host = host
        self.version = version
        self.objects = objects
        self.bytes = bytes
        self.problems = problems
    }

    public var hasPassed: Bool { problems.isEmpty }

    public var json: JSON {
        [
            "document": .string(Self.document), "manifest": manifest.json,
            "level": .string(level.rawValue), "time": .string("\(time)"), "host": .string(host),
            "version": .string(version), "objects": .int(objects), "bytes": .int(bytes),
            "problems": .array(problems.map { .string($0) }),
        ]
    }

    public init(_ json: JSON) throws(DocumentError) {
        var reader = try DocumentReader(json)
        let document = try reader.string("document")
        guard document == Self.document else {
            throw reader.wrong("document", "it is no `\(Self.document)`")
        }
        manifest = try ManifestLink(try reader.value("manifest"), at: "manifest")
        level = try reader.parsed("level") { VerificationLevel(rawValue: $0) }
        time = try reader.parsed("time") { Timestamp($0) }
        host = try reader.string("host")
        version = try reader.string("version")
        objects = try reader.count("objects")
        bytes = try reader.count("bytes")
        problems = try reader.strings("problems")
        try reader.finish()
    }
}

extension Manifest {
    /// How far the records prove this snapshot: the highest level that was reached and that no
    /// later check of it, or of a lower one, has disproven. `nil` for not at all.
    ///
    /// - Parameter sha256: of the manifest as it is stored; records of another one say nothing.
    public func level(
        provenBy records: [VerificationRecord], sha256: ContentDigest
    ) -> VerificationLevel? {
        let link = ManifestLink(id: id, sha256: sha256)
        let size = objects.reduce(0) { $0 + $1.stored.size }
        let own = records.filter { record in
            record.manifest == link
                && (!record.hasPassed || (record.objects == objects.count && record.bytes == size))
        }
        return VerificationLevel.allCases.reversed().first { level in
            let passed = own.filter { $0.hasPassed && $0.level == level }.map(\.time).max()
            guard let passed else { return false }
            return !own.contains { !$0.hasPassed && $0.level <= level && $0.time >= passed }
        }
    }
}
