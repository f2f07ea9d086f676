internal import HTTP
public import Loop

/// A bucket as an operator names it: what is not said is looked for where AWS's own tools do.
public struct S3Place: Hashable, Sendable {
    public var bucket: String
    /// `nil` for the environment's, else AWS's.
    public var endpoint: String?
    /// `nil` for the environment's, else the profile's.
    public var region: String?
    /// Whether the bucket has to stand in a request's path.
    public var isPathStyle: Bool
    /// A PEM file with the authorities that the server's certificate may be from; `nil` for those
    /// of the system. STS is asked by the system's all the same.
    public var authorities: String?

    public init(
        bucket: String, endpoint: String? = nil, region: String? = nil, isPathStyle: Bool = false,
        authorities: String? = nil
    ) {
        self.bucket = bucket
        self.endpoint = endpoint
        self.region = region
        self.isPathStyle = isPathStyle
        self.authorities = authorities
    }

    /// A client of the bucket, with the credentials that the environment leads to. Nothing is sent
    /// yet.
    ///
    /// - Throws: ``S3Error`` of kind `invalid`; ``CredentialsError`` for profile files that cannot
    ///   be read.
    public func client(
        _ environment: AWSEnvironment = .current, settings: S3Settings = S3Settings(),
        on loop: EventLoop = EventLoops.shared.next()
    ) async throws -> S3Client {
        let region =
            if let named = region ?? environment.region { named } else {
                try await ProfileFiles(environment: environment).profile(environment.profile)?
                    .text("region")
            }
        let address = try S3Address(
            bucket: bucket, region: region ?? "us-east-1",
            endpoint: endpoint ?? environment.endpoint(of: "s3"), style: isPathStyle ? .path : nil)
        let usual = HTTPClient(on: loop)
        let http =
            authorities.map {
                HTTPClient(HTTPConfiguration(tls: HTTPTLS(authorities: .file($0))), on: loop)
            } ?? usual
        return S3Client(
            address,
            credentials: CredentialsChain(
                environment: environment, region: region, http: usual),
            http: http, settings: settings)
    }
}
