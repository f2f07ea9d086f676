public import AWS
import Synchronization
public import Vocabulary

/// A repository in a bucket, below a prefix.
///
/// What writes an object says that there must be none (`If-None-Match: *`), in the step that makes
/// it appear: one request for what is small, the completion of an upload in parts for the rest.
/// Every byte is sent with a checksum that the server compares (CRC-32C), and what is read as a
/// whole is compared with the one that the server has kept.
public struct S3Repository: Repository {
    private let client: S3Client
    private let root: String
    private let plan: S3PartPlan
    private let places: S3PartPlaces
    private let bucket = KnownBucket()

    /// The parts of an upload: one that is filled and two under way, the smallest that S3 takes.
    /// Of an object of more than 24 GiB they grow.
    public static let usualPlan = S3PartPlan(size: S3PartPlan.smallest, concurrency: 2)
    /// Parts that are under way at once, of all objects that are being written.
    private static let partsAtOnce = 3

    /// - Parameters:
    ///   - prefix: empty, or ends without a slash.
    ///   - plan: of each upload.
    public init(_ client: S3Client, prefix: String = "", plan: S3PartPlan = usualPlan) {
        self.client = client
        root = prefix.isEmpty ? "" : "\(prefix)/"
        self.plan = plan
        places = S3PartPlaces(Self.partsAtOnce)
    }

    public var place: String { root.isEmpty ? "\(client.address)" : "\(client.address)/\(prefix)" }

    private var prefix: Substring { root.dropLast() }

    private func name(_ key: ObjectKey) -> String { root + key.path }

    private func key(_ name: String) -> ObjectKey? {
        name.utf8.starts(with: root.utf8) ? ObjectKey(String(name.dropFirst(root.count))) : nil
    }

    // MARK: Writing

    public func put(_ key: ObjectKey, _ source: ByteStream) async throws -> StoredObject {
        try await write(key) { try await upload(key, source) }
    }

    private func upload(
        _ key: ObjectKey, _ source: some AsyncSequence<[UInt8], any Error> & Sendable
    ) async throws -> StoredObject {
        let counted = CountedPieces(source: source)
        let written = try await client.upload(
            name(key), S3PutOptions(condition: .absent), plan: plan, sharing: places,
            from: counted)
        let stored = counted.total.stored
        guard written.size == stored.size else {
            throw trouble(
                "write \(key)", .other,
                "\(written.size) bytes were written, and there were \(stored.size)")
        }
        return stored
    }

    public func create(_ key: ObjectKey, _ bytes: [UInt8]) async throws {
        try await write(key) {
            _ = try await client.put(name(key), bytes, S3PutOptions(condition: .absent))
        }
    }

    private func write<Value>(_ key: ObjectKey, _ body: () async throws -> Value) async throws
        -> Value
    {
        try await calling("write \(key)") {
            do {
                return try await body()
            } catch let error as S3Error where error.status == 412 {
                throw RepositoryError.exists(key)
            } catch let error as S3Error where error.code == "NoSuchUpload" {
                throw trouble("write \(key)", .other, "somebody else has removed its upload")
            }
        }
    }

    // MARK: Reading

    public func read(_ key: ObjectKey, range: Range<Int>?) async throws -> ByteStream {
        guard let info = try await info(of: key, "read \(key)") else {
            throw RepositoryError.missing(key)
        }
        let all = 0..<info.size
        let range = range ?? all
        guard range.lowerBound >= 0, range.upperBound <= info.size else {
            throw RepositoryError.cut(key)
        }
        let reading = S3Reading(
            client: client, name: name(key), etag: info.etag, range: range == all ? nil : range)
        return PrefetchedPieces(isEmpty: range.isEmpty) { [self] give in
            try await calling("read \(key)") {
                do {
                    try await reading.run(give)
                } catch let error as S3Error where error.isMissing && error.code != "NoSuchBucket" {
                    throw RepositoryError.missing(key)
                } catch let error as S3Error where error.status == 412 {
                    throw trouble("read \(key)", .other, "it was replaced while it was read")
                }
            }
        }
    }

    public func size(of key: ObjectKey) async throws -> Int? {
        try await info(of: key, "look for \(key)")?.size
    }

    private func info(of key: ObjectKey, _ action: String) async throws -> S3ObjectInfo? {
        try await calling(action) {
            do {
                return try await client.head(name(key))
            } catch let error as S3Error where error.isMissing {
                // An answer to HEAD does not say what is missing.
                try await bucket.checkOnce { try await client.checkBucket() }
                return nil
            }
        }
    }

    // MARK: Listing

    public func list(_ prefix: String) async throws -> [ListedObject] {
        try await calling("list \(place)/\(prefix)") {
            var objects: [ListedObject] = []
            for try await case .object(let object) in client.list(prefix: root + prefix) {
                guard let key = key(object.key) else { continue }
                objects.append(
                    ListedObject(key: key, size: object.size, modified: object.modified ?? .now))
            }
            return objects.sorted { $0.key < $1.key }
        }
    }

    public func folders(in prefix: String) async throws -> [String] {
        try await calling("list \(place)/\(prefix)") {
            var names: Set<String> = []
            let listing = client.list(prefix: root + prefix, delimiter: "/")
            for try await case .prefix(let path) in listing {
                let name = path.dropFirst((root + prefix).count).dropLast()
                if ObjectKey.isPart(name) { names.insert(String(name)) }
            }
            return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
    }

    // MARK: Removing and keeping

    /// Where the bucket keeps versions, an object that was retained is gone for good; any other is
    /// hidden, and goes as the bucket's own rules say.
    public func delete(_ key: ObjectKey) async throws {
        // Without a look before, what S3 keeps would be hidden, and look deleted.
        guard let info = try await info(of: key, "delete \(key)") else { return }
        if info.legalHold { throw RepositoryError.retained(key, until: nil) }
        if let until = info.retention?.until, until > .now {
            throw RepositoryError.retained(key, until: until)
        }
        try await calling("delete \(key)") {
            try await client.delete(
                name(key), version: info.retention == nil ? nil : info.version)
        }
    }

    /// By S3 Object Lock in compliance mode: not even the account's root deletes it.
    public func retain(_ key: ObjectKey, until time: Timestamp) async throws -> Bool {
        let canRetain = try await calling("see whether \(place) can keep objects") {
            try await bucket.canRetain { try await client.hasObjectLock() }
        }
        guard canRetain else {
            guard try await size(of: key) != nil else { throw RepositoryError.missing(key) }
            return false
        }
        return try await calling("keep \(key)") {
            do {
                try await client.retain(name(key), S3Retention(.compliance, until: time))
            } catch let error as S3Error where error.isMissing && error.code != "NoSuchBucket" {
                throw RepositoryError.missing(key)
            } catch let error as S3Error where error.status == 403 {
                // S3 refuses what would shorten it.
                let kept = try await client.retention(of: name(key))
                guard let kept, kept.until >= time else { throw error }
            }
            return true
        }
    }

    // MARK: Debris

    /// Uploads in parts that were not completed.
    public func debris() async throws -> [Debris] {
        try await calling("list the uploads of \(place)") {
            try await client.listUploads(prefix: root).compactMap { open in
                key(open.upload.key).map {
                    Debris(
                        key: $0, size: nil, modified: open.begun ?? .now, token: open.upload.id)
                }
            }.sorted { $0.key < $1.key }
        }
    }

    public func remove(_ debris: Debris) async throws {
        try await calling("abort the upload of \(debris.key)") {
            try await client.abort(S3UploadID(key: name(debris.key), id: debris.token))
        }
    }

    // MARK: Errors

    private func calling<Value>(
        _ action: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as S3Error {
            throw trouble(action, error.cause, error.diagnostic().message)
        } catch let error as CredentialsError {
            let diagnostic = error.diagnostic()
            let reason = [diagnostic.message, diagnostic.hint].compactMap { $0 }
            throw trouble(action, .denied, reason.joined(separator: ": "))
        }
    }

    private func trouble(
        _ action: String, _ cause: RepositoryError.Trouble.Cause, _ reason: String
    ) -> RepositoryError {
        .unavailable(.init(place: place, action: action, cause: cause, reason: reason))
    }
}

/// What was found out of a bucket once and holds from then on.
private final class KnownBucket: Sendable {
    private struct Facts {
        var isThere = false
        var canRetain: Bool?
    }

    private let facts = Mutex(Facts())

    func checkOnce(_ check: () async throws -> Void) async throws {
        guard !facts.withLock({ $0.isThere }) else { return }
        try await check()
        facts.withLock { $0.isThere = true }
    }

    func canRetain(_ ask: () async throws -> Bool) async throws -> Bool {
        if let known = facts.withLock({ $0.canRetain }) { return known }
        let answer: Bool
        do {
            answer = try await ask()
        } catch let error as S3Error where error.status == 501 || error.status == 405 {
            // Not every server knows of retention.
            answer = false
        }
        facts.withLock { $0.canRetain = answer }
        return answer
    }
}

/// An object, or a part of it, that is being read.
private struct S3Reading: Sendable {
    let client: S3Client
    let name: String
    let etag: String
    /// `nil` for all of it, whose checksum is compared then.
    let range: Range<Int>?

    func run(_ give: ([UInt8]) async throws -> Void) async throws {
        try await client.read(name, range: range, ifMatch: etag, give)
    }
}

extension S3Error {
    fileprivate var cause: RepositoryError.Trouble.Cause {
        let full: Set = ["QuotaExceeded", "XMinioStorageFull", "InsufficientStorage"]
        if full.contains(code) || status == 507 { return .full }
        if case .unreachable = kind { return .passing }
        guard kind == .refused else { return .other }
        if isExpired || status == 401 || status == 403 { return .denied }
        // Another writes the same key at this moment.
        return isTransient || status == 409 ? .passing : .other
    }
}
