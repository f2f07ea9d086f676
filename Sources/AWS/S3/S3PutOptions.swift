public import Vocabulary

/// What an object is written with.
public struct S3PutOptions: Sendable {
    public var condition: S3Condition?
    public var retention: S3Retention?
    /// Nobody deletes the version until it is lifted.
    public var legalHold: Bool
    public var encryption: S3Encryption?
    /// Names are ASCII, in lowercase.
    public var metadata: [String: String]
    public var contentType: String?
    /// `STANDARD_IA`, `GLACIER_IR` and so on; `nil` for the bucket's own.
    public var storageClass: String?

    public init(
        condition: S3Condition? = nil, retention: S3Retention? = nil, legalHold: Bool = false,
        encryption: S3Encryption? = nil, metadata: [String: String] = [:],
        contentType: String? = nil, storageClass: String? = nil
    ) {
        self.condition = condition
        self.retention = retention
        self.legalHold = legalHold
        self.encryption = encryption
        self.metadata = metadata
        self.contentType = contentType
        self.storageClass = storageClass
    }
}

/// What must hold for an object to be written. S3 decides it and writes in one step.
public enum S3Condition: Hashable, Sendable {
    /// There is none of this key: `If-None-Match: *`.
    case absent
    /// It still is the one with this ETag: `If-Match`.
    case unchanged(etag: String)

    var header: SignableRequest.Header {
        switch self {
        case .absent: .init("If-None-Match", "*")
        case .unchanged(let etag): .init("If-Match", etag)
        }
    }
}

/// Until when a version can be neither deleted nor written over (Object Lock).
public struct S3Retention: Hashable, Sendable {
    public enum Mode: String, Hashable, Sendable {
        /// Who has the permission can shorten it.
        case governance = "GOVERNANCE"
        /// Nobody can, not even the account's root.
        case compliance = "COMPLIANCE"
    }

    public var mode: Mode
    public var until: Timestamp

    public init(_ mode: Mode, until: Timestamp) {
        self.mode = mode
        self.until = until
    }
}

/// By which keys S3 encrypts what it keeps.
public enum S3Encryption: Hashable, Sendable {
    /// S3's own (SSE-S3).
    case s3
    /// One of AWS KMS, by its name or ARN; `nil` for the account's (SSE-KMS).
    case kms(key: String?)
}

extension S3PutOptions {
    /// All but the condition, which belongs to the call that makes the object appear.
    var headers: [SignableRequest.Header] {
        var headers: [SignableRequest.Header?] = [
            .init("Content-Type", contentType), .init("X-Amz-Storage-Class", storageClass),
        ]
        if let retention {
            headers.append(.init("X-Amz-Object-Lock-Mode", retention.mode.rawValue))
            headers.append(
                .init("X-Amz-Object-Lock-Retain-Until-Date", retention.until.description))
        }
        if legalHold { headers.append(.init("X-Amz-Object-Lock-Legal-Hold", "ON")) }
        switch encryption {
        case .s3: headers.append(.init("X-Amz-Server-Side-Encryption", "AES256"))
        case .kms(let key):
            headers.append(.init("X-Amz-Server-Side-Encryption", "aws:kms"))
            headers.append(.init("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", key))
        case nil: break
        }
        headers += metadata.sorted { $0.key < $1.key }.map {
            .init("\(S3WriteMark.prefix)\($0.key)", $0.value)
        }
        return headers.compactMap { $0 }
    }

    func checked() throws -> S3PutOptions {
        let isSendable = headers.allSatisfy { header in
            header.name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
                && header.value.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
        }
        guard isSendable else {
            throw S3Error(.invalid, "metadata and options of an object are printable ASCII")
        }
        return self
    }
}
