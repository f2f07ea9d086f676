import AWS
import HTTP
import Lab
import Loop
import Synchronization
import Vocabulary

/// A bucket of the lab's S3 server that no other test has.
struct TestBucket: Sendable {
    let client: S3Client
    let http: HTTPClient
    let name: String
    let server: S3Lab

    private static let number = Atomic<Int>(0)

    static func make(
        objectLock: Bool = false, settings: S3Settings = .quick, of server: S3Lab? = nil
    ) async throws -> TestBucket {
        let server = if let server { server } else { try await S3Lab.shared }
        let number = number.add(1, ordering: .relaxed).newValue
        let name = "test-\(number)-\(UInt32.random(in: 0...UInt32.max))"
        let http = HTTPClient(
            HTTPConfiguration(tls: HTTPTLS(authorities: .file(server.authority)), proxy: .none))
        let client = S3Client(
            try S3Address(bucket: name, endpoint: server.endpoint), credentials: .lab, http: http,
            settings: settings)
        try await client.createBucket(objectLock: objectLock)
        return TestBucket(client: client, http: http, name: name, server: server)
    }

    /// The same bucket, reached or signed for in another way.
    func client(
        endpoint: String? = nil, style: S3Address.Style? = nil, region: String = "us-east-1",
        credentials: CredentialsChain = .lab, settings: S3Settings = .quick
    ) throws -> S3Client {
        S3Client(
            try S3Address(
                bucket: name, region: region, endpoint: endpoint ?? server.endpoint, style: style),
            credentials: credentials, http: http, settings: settings)
    }
}

extension CredentialsChain {
    static var lab: CredentialsChain {
        CredentialsChain(
            AWSCredentials(accessKey: S3Lab.accessKey, secret: Sensitive(S3Lab.secret)))
    }
}

extension S3Settings {
    /// Gives up soon, for servers on loopback.
    static let quick = S3Settings(
        attempts: 4, pause: .milliseconds(10), longestPause: .milliseconds(100),
        timeouts: HTTPTimeouts(stall: .init(below: 1, for: .seconds(60))))
}

/// Bytes that no compression and no mistake makes alike, the same for the same seed.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var random = SeededGenerator(seed: seed)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
        withUnsafeBytes(of: random.next()) { bytes += $0 }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}

/// A stream of pieces, which may end with an error.
struct Pieces: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    var pieces: [[UInt8]]
    var failure: (any Error)?

    init(_ bytes: [UInt8], of size: Int = 256 << 10, failure: (any Error)? = nil) {
        pieces = stride(from: 0, to: bytes.count, by: size).map {
            Array(bytes[$0..<Swift.min($0 + size, bytes.count)])
        }
        self.failure = failure
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: ArraySlice<[UInt8]>
        let failure: (any Error)?

        mutating func next() async throws -> [UInt8]? {
            if let piece = rest.popFirst() { return piece }
            if let failure { throw failure }
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(rest: pieces[...], failure: failure)
    }
}

extension S3Listing {
    func collect() async throws -> [Element] {
        var all: [Element] = []
        for try await element in self { all.append(element) }
        return all
    }

    func keys() async throws -> [String] {
        try await collect().compactMap {
            if case .object(let object) = $0 { object.key } else { nil }
        }
    }
}
