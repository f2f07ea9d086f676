import AWS
import Backup
import HTTP
import Lab
import Loop
import Synchronization
import Vocabulary

/// A bucket of the lab's S3 server that no other test has.
struct TestBucket: Sendable {
    let server: S3Lab
    let name: String
    private let http: HTTPClient

    private static let number = Atomic<Int>(0)

    static func make(objectLock: Bool = false, of server: S3Lab? = nil) async throws -> TestBucket {
        let server = if let server { server } else { try await S3Lab.shared }
        let number = number.add(1, ordering: .relaxed).newValue
        let bucket = TestBucket(
            server: server,
            name: "backup-\(number)-\(UInt32.random(in: 0...UInt32.max))",
            http: HTTPClient(
                HTTPConfiguration(
                    tls: HTTPTLS(authorities: .file(server.authority)), proxy: .none)))
        try await bucket.client().createBucket(objectLock: objectLock)
        return bucket
    }

    /// The bucket, reached in one way or another.
    ///
    /// - Parameter endpoint: `nil` for the server's own, over TLS.
    func client(
        endpoint: String? = nil, credentials: CredentialsChain = .lab,
        settings: S3Settings = .quick
    ) throws -> S3Client {
        S3Client(
            try S3Address(bucket: name, endpoint: endpoint ?? server.endpoint),
            credentials: credentials, http: http, settings: settings)
    }

    func repository(
        prefix: String = "", endpoint: String? = nil, settings: S3Settings = .quick
    ) throws -> S3Repository {
        S3Repository(try client(endpoint: endpoint, settings: settings), prefix: prefix)
    }
}

extension CredentialsChain {
    static var lab: CredentialsChain {
        CredentialsChain(
            AWSCredentials(accessKey: S3Lab.accessKey, secret: Sensitive(S3Lab.secret)))
    }

    /// May read and list, and write nothing.
    static var reading: CredentialsChain {
        CredentialsChain(
            AWSCredentials(accessKey: S3Lab.readingAccessKey, secret: Sensitive(S3Lab.secret)))
    }
}

extension S3Settings {
    /// Gives up soon, for servers on loopback.
    static let quick = S3Settings(
        attempts: 4, pause: .milliseconds(10), longestPause: .milliseconds(100),
        timeouts: HTTPTimeouts(stall: .init(below: 1, for: .seconds(60))))
}
