import AWS
import Synchronization
import Vocabulary

/// A clock that goes when it is told to.
final class TestClock: Sendable {
    private let seconds = Atomic<Int>(1_800_000_000)

    @Sendable func read() -> Timestamp { Timestamp(seconds: seconds.load(ordering: .relaxed)) }

    func advance(by time: Int) {
        seconds.add(time, ordering: .relaxed)
    }
}

/// Gives credentials for an hour once, and then fails.
final class FailingLater: CredentialsSource {
    let name = "failing"
    private let clock: TestClock
    private let number = Atomic<Int>(0)

    init(clock: TestClock) {
        self.clock = clock
    }

    var count: Int { number.load(ordering: .relaxed) }

    func find() throws -> CredentialsFinding {
        guard number.add(1, ordering: .relaxed).oldValue == 0 else {
            throw CredentialsError.failed(.init(name, "no more"))
        }
        return .found(
            AWSCredentials(
                accessKey: "AKIAFIRST", secret: Sensitive("s"),
                expires: Timestamp(seconds: clock.read().seconds + 3600)))
    }
}

/// Keeps whoever asks waiting until it is opened or they are cancelled.
final class Gate: CredentialsSource {
    let name = "gate"
    private let opening = AsyncStream.makeStream(of: Void.self)
    private let asking = AsyncStream.makeStream(of: Void.self)

    func find() async throws -> CredentialsFinding {
        asking.continuation.yield()
        for await _ in opening.stream { break }
        try Task.checkCancellation()
        return .found(AWSCredentials(accessKey: "AKIAGATE", secret: Sensitive("s")))
    }

    func waitForCaller() async {
        for await _ in asking.stream { break }
    }

    func open() {
        opening.continuation.finish()
    }
}
