import AWS
import HTTP
import Lab
import Record
import Vocabulary

/// A bucket of the lab's S3 server that no other test has.
struct StateBucket: Sendable {
    let server: S3Lab
    let name: String
    private let http: HTTPClient

    static func make() async throws -> StateBucket {
        let server = try await S3Lab.shared
        let bucket = StateBucket(
            server: server, name: "state-\(UInt64.random(in: 0...UInt64.max))",
            http: HTTPClient(
                HTTPConfiguration(
                    tls: HTTPTLS(authorities: .file(server.authority)), proxy: .none)))
        try await bucket.client().createBucket()
        return bucket
    }

    func client(
        endpoint: String? = nil, accessKey: String = S3Lab.accessKey,
        secret: String = S3Lab.secret, timeouts: HTTPTimeouts = HTTPTimeouts()
    ) throws -> S3Client {
        S3Client(
            try S3Address(bucket: name, endpoint: endpoint ?? server.endpoint),
            credentials: CredentialsChain(
                AWSCredentials(accessKey: accessKey, secret: Sensitive(secret))),
            http: http,
            settings: S3Settings(
                attempts: 4, pause: .milliseconds(10), longestPause: .milliseconds(100),
                timeouts: timeouts))
    }

    func store(prefix: String = "", endpoint: String? = nil) throws -> S3Store {
        S3Store(try client(endpoint: endpoint), prefix: prefix)
    }
}
