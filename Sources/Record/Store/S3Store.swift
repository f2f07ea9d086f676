public import AWS

/// A state store in a bucket, below a prefix: for a team, whose members see each other's runs.
///
/// S3 itself decides which of two writers wins: an object is created if there is none
/// (`If-None-Match: *`) and replaced if it still has the ETag that the writer knows (`If-Match`).
/// There is neither a lock nor anything that a killed writer could leave behind.
public struct S3Store: StateStore {
    private let client: S3Client
    private let root: String

    /// - Parameter prefix: empty, or ends without a slash.
    public init(_ client: S3Client, prefix: String = "") {
        self.client = client
        root = prefix.isEmpty ? "" : "\(prefix)/"
    }

    public var place: String {
        root.isEmpty ? "\(client.address)" : "\(client.address)/\(root.dropLast())"
    }

    private func name(_ key: StateKey) -> String { root + key.path }

    @discardableResult
    public func create(_ key: StateKey, _ bytes: [UInt8]) async throws -> StateVersion {
        try await write(key, bytes, .absent, otherwise: .exists(key))
    }

    public func read(_ key: StateKey) async throws -> StateObject? {
        try await calling("read", key.path) {
            do {
                let object = try await client.get(name(key), limit: stateObjectLimit)
                return StateObject(
                    bytes: object.bytes, version: StateVersion(tag: object.info.etag))
            } catch let error as S3Error where error.isMissingObject {
                return nil
            }
        }
    }

    @discardableResult
    public func replace(
        _ key: StateKey, _ bytes: [UInt8], expecting version: StateVersion
    ) async throws -> StateVersion {
        try await write(key, bytes, .unchanged(etag: version.tag), otherwise: .changed(key))
    }

    private func write(
        _ key: StateKey, _ bytes: [UInt8], _ condition: S3Condition,
        otherwise refusal: StateStoreError
    ) async throws -> StateVersion {
        try await calling("write", key.path) {
            guard bytes.count <= stateObjectLimit.bytes else {
                throw trouble("write", key.path, .other, "it has more than \(stateObjectLimit)")
            }
            do {
                let written = try await client.put(
                    name(key), bytes, S3PutOptions(condition: condition))
                return StateVersion(tag: written.etag)
            } catch let error as S3Error where error.status == 412 || error.isMissingObject {
                // What was deleted has no version that it could still be.
                throw refusal
            }
        }
    }

    public func delete(_ key: StateKey) async throws {
        try await calling("remove", key.path) { try await client.delete(name(key)) }
    }

    public func keys(withPrefix prefix: String) async throws -> [StateKey] {
        try await calling("list", prefix) {
            var keys: [StateKey] = []
            for try await case .object(let object) in client.list(prefix: root + prefix) {
                if let key = StateKey(String(object.key.dropFirst(root.count))) {
                    keys.append(key)
                }
            }
            return keys.sorted()
        }
    }

    public func folders(in prefix: String) async throws -> [String] {
        try await calling("list", prefix) {
            var names: Set<String> = []
            let listing = client.list(prefix: root + prefix, delimiter: "/")
            for try await case .prefix(let path) in listing {
                let name = path.dropFirst((root + prefix).count).dropLast()
                if StateKey.isPart(name) { names.insert(String(name)) }
            }
            return names.sorted()
        }
    }

    /// An object is written by one request: there is nothing to be left.
    public func tidy() async throws {}

    private func calling<Value>(
        _ action: String, _ path: String, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error as S3Error {
            throw trouble(action, path, error.cause, error.diagnostic().message)
        } catch let error as CredentialsError {
            let diagnostic = error.diagnostic()
            let reason = [diagnostic.message, diagnostic.hint].compactMap { $0 }
            throw trouble(action, path, .denied, reason.joined(separator: ": "))
        }
    }

    private func trouble(
        _ action: String, _ path: String, _ cause: StateStoreError.Trouble.Cause, _ reason: String
    ) -> StateStoreError {
        .unavailable(
            .init(
                place: place, action: "\(action) \(client.address)/\(root)\(path)", cause: cause,
                reason: reason))
    }
}

extension S3Error {
    fileprivate var isMissingObject: Bool { isMissing && code != "NoSuchBucket" }

    fileprivate var cause: StateStoreError.Trouble.Cause {
        if ["QuotaExceeded", "XMinioStorageFull", "InsufficientStorage"].contains(code) {
            return .full
        }
        switch kind {
        case .unreachable: return .unreachable
        case .refused where isExpired || status == 401 || status == 403: return .denied
        case .refused where isTransient || status == 409: return .unreachable
        default: return .other
        }
    }
}
