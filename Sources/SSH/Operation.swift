/// What one attempt at an operation came to.
enum Attempt<Value> {
    case done(Value)
    /// It got somewhere: give others their turn and attempt it again.
    case progress
    /// libssh2 said EAGAIN.
    case wait
}

/// Something that a caller waits for while a session attempts it as often as it takes.
///
/// It belongs to the session's actor.
final class Operation {
    let number: Int
    /// The channel that it is about, if it is about one.
    let channel: Int?
    /// libssh2 keeps half of it in the session: it goes on when its caller has left.
    var mustFinish: Bool
    /// Attempts it.
    let attempt: (OpaquePointer) throws -> Attempt<Void>
    /// Resumes the caller early, with an error.
    let dismiss: (any Error) -> Void
    /// It is done, or has failed: resumes the caller who still waits.
    let finish: ((any Error)?) -> Void
    /// The session's generation when it was last attempted; 0 for never.
    var seen: UInt64 = 0
    var isAbandoned = false

    init(
        number: Int, channel: Int?, mustFinish: Bool,
        attempt: @escaping (OpaquePointer) throws -> Attempt<Void>,
        dismiss: @escaping (any Error) -> Void, finish: @escaping ((any Error)?) -> Void
    ) {
        self.number = number
        self.channel = channel
        self.mustFinish = mustFinish
        self.attempt = attempt
        self.dismiss = dismiss
        self.finish = finish
    }
}
