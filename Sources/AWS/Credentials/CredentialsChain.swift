public import HTTP
public import Loop
public import Vocabulary

/// The credentials of this process: of the first source that has any, kept, and asked for again
/// before they expire.
///
/// The order is that of AWS's own tools: environment, web identity (EKS), profile files, container
/// (ECS, EKS pod identity), instance metadata (EC2).
public actor CredentialsChain {
    private nonisolated let loop: EventLoop
    private let sources: [any CredentialsSource]
    private let now: @Sendable () -> Timestamp
    private let turns: Turnstile
    private var kept: Kept?

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    private struct Kept {
        var credentials: AWSCredentials
        /// Their source had nothing newer; it is not asked before this time.
        var patience: Timestamp?
    }

    /// What is left of credentials when new ones are asked for.
    private static let margin = 300
    /// What must be left of them when there are no new ones.
    private static let lastUse = 30
    /// After which time a source that failed is asked again, while there are older ones.
    private static let pause = 60

    /// - Parameters:
    ///   - sources: tried in this order.
    ///   - now: the clock; AWS's and the machine's may differ by minutes.
    public init(
        _ sources: [any CredentialsSource],
        now: @escaping @Sendable () -> Timestamp = { .now },
        on loop: EventLoop = EventLoops.shared.next()
    ) {
        self.sources = sources
        self.now = now
        self.loop = loop
        turns = Turnstile(places: 1, on: loop)
    }

    /// One that always gives these.
    public init(_ credentials: AWSCredentials) {
        self.init([FixedCredentials(credentials: credentials)])
    }

    /// All the sources that AWS's tools know.
    ///
    /// - Parameters:
    ///   - profile: of the profile files; `nil` for the one that the environment names.
    ///   - http: to reach STS with. Metadata services are asked without a proxy, by a client of
    ///     the chain's own.
    public init(
        environment: AWSEnvironment = .current, profile: String? = nil, region: String? = nil,
        http: HTTPClient
    ) {
        self.init(
            Self.sources(environment: environment, profile: profile, region: region, http: http),
            on: http.loop)
    }

    /// Credentials that are in force.
    ///
    /// - Throws: ``CredentialsError``.
    public func credentials() async throws -> AWSCredentials {
        if let kept, !isDue(kept) { return kept.credentials }
        // One at a time asks; who waited finds what that one found.
        try await turns.enter()
        defer { turns.leave() }
        if let kept, !isDue(kept) { return kept.credentials }
        do {
            let found = try await find()
            kept = Kept(credentials: found)
            return found
        } catch let error as CredentialsError {
            guard var old = kept, hasTime(old.credentials) else { throw error }
            old.patience = Timestamp(seconds: now().seconds + Self.pause)
            kept = old
            return old.credentials
        }
    }

    /// AWS took these for expired: the next call asks their source again.
    public func expired(_ credentials: AWSCredentials) {
        if kept?.credentials.isSame(as: credentials) == true { kept = nil }
    }

    private func find() async throws -> AWSCredentials {
        var reasons: [CredentialsError.Reason] = []
        for source in sources {
            switch try await source.find() {
            case .found(let credentials): return credentials
            case .absent(let reason): reasons.append(.init(source.name, reason))
            }
        }
        throw CredentialsError.none(reasons)
    }

    private func isDue(_ kept: Kept) -> Bool {
        guard let expires = kept.credentials.expires else { return false }
        let left = expires.seconds - now().seconds
        let isPatient = kept.patience.map { now() < $0 } ?? false
        return left < Self.margin && !isPatient || left < Self.lastUse
    }

    private func hasTime(_ credentials: AWSCredentials) -> Bool {
        credentials.expires.map { $0.seconds - now().seconds >= Self.lastUse } ?? true
    }
}

/// Credentials that somebody has given.
private struct FixedCredentials: CredentialsSource {
    let credentials: AWSCredentials
    let name = "given credentials"

    func find() -> CredentialsFinding { .found(credentials) }
}

extension CredentialsChain {
    private static func sources(
        environment: AWSEnvironment, profile: String?, region: String?, http: HTTPClient
    ) -> [any CredentialsSource] {
        let near = MetadataService(loop: http.loop)
        let files = ProfileFiles(environment: environment)
        let sts = SecurityTokenService(environment: environment, region: region, http: http)
        let fromEnvironment = EnvironmentCredentials(environment: environment)
        let container = ContainerCredentials(environment: environment, service: near)
        let instance = InstanceCredentials(environment: environment, service: near)
        let inProfile = ProfileCredentials(
            profile: profile ?? environment.profile,
            isNamed: profile != nil || environment["AWS_PROFILE"] != nil,
            files: files, sts: sts,
            sources: [
                "Environment": fromEnvironment, "EcsContainer": container,
                "Ec2InstanceMetadata": instance,
            ])
        let others: [any CredentialsSource] = [inProfile, container, instance]
        // A profile that the caller names is meant, whatever the environment holds.
        guard profile == nil else { return [inProfile] }
        return [fromEnvironment, WebIdentityCredentials(environment: environment, sts: sts)]
            + others
    }
}
