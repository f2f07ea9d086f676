internal import Crypto
internal import Vocabulary

/// An object that S3 did not delete.
public struct S3DeleteFailure: Error, Hashable, Sendable {
    public var key: String
    public var code: String
    public var message: String
}

/// An object to delete: its newest version, or a certain one.
public struct S3ObjectName: Hashable, Sendable {
    public var key: String
    public var version: String?

    public init(_ key: String, version: String? = nil) {
        self.key = key
        self.version = version
    }
}

extension S3Client {
    /// Deletes an object, if it is there. Where the bucket keeps versions it is hidden; with a
    /// `version`, that one is gone.
    ///
    /// - Parameter bypassingGovernance: a retention of that mode does not keep it.
    public func delete(
        _ key: String, version: String? = nil, bypassingGovernance: Bool = false
    ) async throws {
        try checkKey(key)
        let call = S3Call(
            "DELETE", key, query: Self.query(version),
            headers: [Self.bypass(bypassingGovernance)])
        do {
            _ = try await perform(call)
        } catch let error as S3Error where error.isMissing && error.code != "NoSuchBucket" {
            // Another has deleted it, or an earlier try whose answer was lost.
        }
    }

    /// Deletes any number of objects, a thousand at a time.
    ///
    /// - Returns: those that are still there, and why.
    public func deleteMany(
        _ objects: [S3ObjectName], bypassingGovernance: Bool = false
    ) async throws -> [S3DeleteFailure] {
        var failures: [S3DeleteFailure] = []
        var batch: [(XMLPair, S3ObjectName)] = []
        for object in objects {
            try checkKey(object.key)
            guard let pair = XMLPair(object) else {
                // No XML can name it: such a key goes by itself.
                failures += try await deleteAlone(object, bypassingGovernance)
                continue
            }
            batch.append((pair, object))
            if batch.count == 1000 {
                failures += try await deleteBatch(batch.map(\.0), bypassingGovernance)
                batch = []
            }
        }
        if !batch.isEmpty { failures += try await deleteBatch(batch.map(\.0), bypassingGovernance) }
        return failures
    }

    private func deleteAlone(
        _ object: S3ObjectName, _ bypass: Bool
    ) async throws -> [S3DeleteFailure] {
        do {
            try await delete(object.key, version: object.version, bypassingGovernance: bypass)
            return []
        } catch let error as S3Error where error.kind == .refused {
            return [.init(key: object.key, code: error.code, message: error.message)]
        }
    }

    private func deleteBatch(_ pairs: [XMLPair], _ bypass: Bool) async throws -> [S3DeleteFailure] {
        let objects = pairs.map(\.text).joined()
        let call = xmlCall(
            "POST", nil, "delete", "<Delete>\(objects)<Quiet>true</Quiet></Delete>",
            headers: [Self.bypass(bypass)])
        let root = try await answer(to: call, "DeleteResult")
        return root.all("Error").map { error in
            S3DeleteFailure(
                key: error["Key"]?.text ?? "", code: error["Code"]?.text ?? "",
                message: (error["Message"]?.text ?? "").visible)
        }
    }

    static func bypass(_ isBypassing: Bool) -> SignableRequest.Header? {
        isBypassing ? .init("X-Amz-Bypass-Governance-Retention", "true") : nil
    }

    /// A call that sends XML. S3 has asked for its MD5 since before it knew other checksums, and
    /// all servers take that.
    func xmlCall(
        _ method: String, _ key: String?, _ subresource: String, _ xml: String,
        query: [SignableRequest.QueryItem] = [], headers: [SignableRequest.Header?] = []
    ) -> S3Call {
        let bytes = Array(xml.utf8)
        let digest = Base64.encode(Array(Insecure.MD5.hash(data: bytes)))
        return S3Call(
            method, key, query: [.init(subresource)] + query,
            headers: [.init("Content-Type", "application/xml"), .init("Content-MD5", digest)]
                + headers,
            body: .bytes(bytes))
    }

    /// Performs a call whose answer is XML with this root.
    func answer(to call: S3Call, _ name: String) async throws -> XMLElement {
        let (_, body) = try await perform(call)
        do throws(XMLError) {
            let root = try XMLElement.read(body)
            if root.name == name { return root }
            throw XMLError(reason: "`\(root.name)` where `\(name)` was expected", offset: 0)
        } catch {
            throw place(
                S3Error(.malformed, "the answer is no XML of S3's: \(error.reason)"), call.key)
        }
    }
}

private struct XMLPair {
    let text: String

    init?(_ object: S3ObjectName) {
        guard let key = XMLElement.escaped(object.key) else { return nil }
        guard let version = object.version else {
            text = "<Object><Key>\(key)</Key></Object>"
            return
        }
        guard let version = XMLElement.escaped(version) else { return nil }
        text = "<Object><Key>\(key)</Key><VersionId>\(version)</VersionId></Object>"
    }
}
