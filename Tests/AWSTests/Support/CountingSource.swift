import AWS
import Lab
import Synchronization
import Vocabulary

/// Gives the lab's credentials, and counts how often.
final class CountingSource: CredentialsSource {
    let name = "counting"
    private let number = Atomic<Int>(0)
    private let lifetime: Int?
    private let clock: @Sendable () -> Timestamp

    init(lifetime: Int? = nil, clock: @escaping @Sendable () -> Timestamp = { .now }) {
        self.lifetime = lifetime
        self.clock = clock
    }

    var count: Int { number.load(ordering: .relaxed) }

    func find() async throws -> CredentialsFinding {
        number.add(1, ordering: .relaxed)
        // Whoever asks at the same time comes in between.
        await Task.yield()
        return .found(
            AWSCredentials(
                accessKey: S3Lab.accessKey, secret: Sensitive(S3Lab.secret),
                expires: lifetime.map { Timestamp(seconds: clock().seconds + $0) }))
    }
}
