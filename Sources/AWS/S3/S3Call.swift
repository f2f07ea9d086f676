internal import Crypto
internal import HTTP
internal import Vocabulary

/// A request to S3 before it is signed.
struct S3Call: Sendable {
    enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// With a checksum behind it.
        case stream(length: Int, HTTPBody.Stream)
    }

    var method: String
    var key: String?
    var query: [SignableRequest.QueryItem] = []
    var headers: [SignableRequest.Header] = []
    var body = Body.none
    /// Of a body that is a stream.
    var algorithm: S3Checksum.Algorithm?
    /// Of a body in memory.
    var checksum: S3Checksum?
    /// Whether doing it twice is as good as doing it once.
    var isRepeatable = true

    init(
        _ method: String, _ key: String? = nil, query: [SignableRequest.QueryItem] = [],
        headers: [SignableRequest.Header?] = [], body: Body = .none,
        algorithm: S3Checksum.Algorithm? = nil, checksum: S3Checksum? = nil,
        isRepeatable: Bool = true
    ) {
        self.method = method
        self.key = key
        self.query = query
        self.headers = headers.compactMap { $0 }
        self.body = body
        self.algorithm = algorithm
        self.checksum = checksum
        self.isRepeatable = isRepeatable
    }
}

extension SignableRequest.Header {
    /// Nothing where there is no value.
    init?(_ name: String, _ value: String?) {
        guard let value else { return nil }
        self.init(name, value)
    }
}

/// A call as it is signed and sent: what does not change from try to try.
struct PreparedCall: Sendable {
    let request: SignableRequest
    let payload: SignedPayload
    let body: HTTPBody

    /// Above this, a body over TLS is covered by its checksum and not by the signature too.
    private static let signedSize = 1 << 20

    init(_ call: S3Call, to address: S3Address) {
        var headers = call.headers
        switch call.body {
        case .none:
            payload = .empty
            body = .none
        case .bytes(let bytes):
            let isSigned = bytes.count <= Self.signedSize || !address.place.isSecure
            payload = isSigned ? .sha256(SHA256.hash(data: bytes).hexadecimal) : .unsigned
            body = .bytes(bytes)
            if let checksum = call.checksum {
                headers.append(.init(checksum.algorithm.header, checksum.text))
            }
        case .stream(let length, let stream):
            let algorithm = call.algorithm ?? .crc32c
            let form = ChunkedForm(length: length, algorithm: algorithm)
            payload = .unsignedWithTrailer
            headers += [
                .init("Content-Encoding", "aws-chunked"),
                .init("X-Amz-Decoded-Content-Length", "\(length)"),
                .init("X-Amz-Trailer", algorithm.header),
            ]
            body = .stream(length: form.encodedLength) { try form.encode(stream()) }
        }
        request = address.request(call.method, call.key, query: call.query, headers: headers)
    }
}
