public import HTTP
internal import Vocabulary

/// A bucket of AWS S3, or of a server that speaks its protocol.
///
/// Any number of callers may use one at the same time. Every try of a request is signed anew;
/// what may be repeated is, after a fault that may pass. Uploads carry a checksum that the server
/// compares, and what is read is compared with the checksum that the server has kept.
public struct S3Client: Sendable {
    public let address: S3Address
    let credentials: CredentialsChain
    let http: HTTPClient
    let clock: SignerClock
    let settings: S3Settings

    public init(
        _ address: S3Address, credentials: CredentialsChain, http: HTTPClient,
        settings: S3Settings = S3Settings()
    ) {
        self.init(
            address, credentials: credentials, http: http, settings: settings, clock: SignerClock())
    }

    init(
        _ address: S3Address, credentials: CredentialsChain, http: HTTPClient,
        settings: S3Settings, clock: SignerClock
    ) {
        self.address = address
        self.credentials = credentials
        self.http = http
        self.settings = settings
        self.clock = clock
    }
}

/// What all requests of a client have in common.
public struct S3Settings: Sendable {
    /// All tries of a request together.
    public var attempts: Int
    /// The span before the second try, of which a random part is waited; it doubles each time.
    public var pause: Duration
    public var longestPause: Duration
    public var timeouts: HTTPTimeouts
    public var checksum: S3Checksum.Algorithm

    public init(
        attempts: Int = 6, pause: Duration = .milliseconds(200),
        longestPause: Duration = .seconds(20),
        timeouts: HTTPTimeouts = HTTPTimeouts(stall: .init(below: 1, for: .seconds(60))),
        checksum: S3Checksum.Algorithm = .crc32c
    ) {
        self.attempts = attempts
        self.pause = pause
        self.longestPause = longestPause
        self.timeouts = timeouts
        self.checksum = checksum
    }

    /// - Parameter tries: those that are over.
    func pause(after tries: Int) -> Duration {
        let span = min(longestPause, pause * (1 << min(max(tries - 1, 0), 30)))
        return span * Double.random(in: 0...1)
    }
}
