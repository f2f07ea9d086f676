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
    var checksum: S3Checksum.Algorithm?
    /// Whether doing it twice is as good as doing it once.
    var isRepeatable = true

    init(
        _ method: String, _ key: String? = nil, query: [SignableRequest.QueryItem] = [],
        headers: [SignableRequest.Header?] = [], body: Body = .none,
        checksum: S3Checksum.Algorithm? = nil, isRepeatable: Bool = true
    ) {
        self.method = method
        self.key = key
        self.query = query
        self.headers = headers.compactMap { $0 }
        self.body = body
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
    /// What the server is told to expect, where that is known before.
    let checksum: S3Checksum?

    /// Above this, a body over TLS is covered by its checksum and not by the signature too.
    private static let signedSize = 1 << 20

    init(_ call: S3Call, to address: S3Address) {
        var headers = call.headers
        switch call.body {
        case .none:
            payload = .empty
            body = .none
            checksum = nil
        case .bytes(let bytes):
            let isSigned = bytes.count <= Self.signedSize || !address.place.isSecure
            payload = isSigned ? .sha256(SHA256.hash(data: bytes).hexadecimal) : .unsigned
            body = .bytes(bytes)
            let checksum = call.checksum.map { S3Checksum(of: bytes, $0) }
            if let checksum { headers.append(.init(checksum.algorithm.header, checksum.text)) }
            self.checksum = checksum
        case .stream(let length, let stream):
            let algorithm = call.checksum ?? .crc32c
            let form = ChunkedForm(length: length, algorithm: algorithm)
            payload = .unsignedWithTrailer
            headers += [
                .init("Content-Encoding", "aws-chunked"),
                .init("X-Amz-Decoded-Content-Length", "\(length)"),
                .init("X-Amz-Trailer", algorithm.header),
            ]
            body = .stream(length: form.encodedLength) { try form.encode(stream()) }
            checksum = nil
        }
        request = address.request(call.method, call.key, query: call.query, headers: headers)
    }
}
