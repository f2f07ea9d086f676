internal import HTTP
public import Vocabulary

/// An object that was written.
public struct S3Written: Hashable, Sendable {
    /// Which contents: the quotation marks belong to it.
    public var etag: String
    /// Where the bucket keeps versions.
    public var version: String?
    public var checksum: S3Checksum?
    /// Of what was sent, in bytes.
    public var size: Int
}

/// What S3 says of an object.
public struct S3ObjectInfo: Hashable, Sendable {
    /// Of the whole object, in bytes.
    public var size: Int
    public var etag: String
    public var modified: Timestamp?
    public var version: String?
    public var checksums: [S3Checksum]
    public var metadata: [String: String]
    public var contentType: String?
    public var retention: S3Retention?
    public var legalHold: Bool
    /// `AES256`, `aws:kms`
    public var encryption: String?
    public var storageClass: String?
}

extension S3ObjectInfo {
    /// - Parameter size: of the whole object, where that is not what `Content-Length` says.
    init(_ response: HTTPResponse, size: Int? = nil) throws(S3Error) {
        let headers = response.headers
        guard let size = size ?? headers["Content-Length"].flatMap({ Int($0) }), size >= 0,
            let etag = headers["ETag"], !etag.isEmpty
        else { throw S3Error(.malformed, "the answer has neither a length nor an ETag") }
        self.size = size
        self.etag = etag
        modified = headers["Last-Modified"].flatMap { HTTPDate.parse($0) }
        version = headers["x-amz-version-id"].flatMap { $0 == "null" ? nil : $0 }
        checksums = S3Checksum.Algorithm.allCases.compactMap { algorithm in
            headers[algorithm.header].map { S3Checksum(algorithm, $0) }
        }
        var metadata: [String: String] = [:]
        for field in headers.fields {
            let name = field.name.lowercased()
            guard name.hasPrefix(S3WriteMark.prefix), case .plain(let value) = field.value else {
                continue
            }
            metadata[String(name.dropFirst(S3WriteMark.prefix.count))] = value
        }
        self.metadata = metadata
        contentType = headers["Content-Type"]
        retention = headers["x-amz-object-lock-mode"].flatMap { mode in
            S3Retention(
                mode: mode, until: headers["x-amz-object-lock-retain-until-date"] ?? "")
        }
        legalHold = headers["x-amz-object-lock-legal-hold"]?.uppercased() == "ON"
        encryption = headers["x-amz-server-side-encryption"]
        storageClass = headers["x-amz-storage-class"]
    }
}

extension S3Retention {
    init?(mode: String, until: String) {
        guard let mode = Mode(rawValue: mode), let until = Timestamp(iso8601: until) else {
            return nil
        }
        self.init(mode, until: until)
    }
}
