internal import Synchronization
internal import Vocabulary

/// The clock by which requests are signed: the machine's, corrected by what AWS said of it. AWS
/// refuses what was signed a quarter of an hour too early or too late.
final class SignerClock: Sendable {
    private let machine: @Sendable () -> Timestamp
    private let correction = Atomic<Int>(0)

    init(machine: @escaping @Sendable () -> Timestamp = { .now }) {
        self.machine = machine
    }

    var now: Timestamp {
        Timestamp(seconds: machine().seconds + correction.load(ordering: .relaxed))
    }

    /// AWS's clock shows this time.
    func set(to time: Timestamp) {
        correction.store(time.seconds - machine().seconds, ordering: .relaxed)
    }
}
