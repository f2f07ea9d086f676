internal import CLibSSH2
internal import Loop
internal import Vocabulary

// How one libssh2 session serves many callers.
//
// Callers' operations stand in a queue and are attempted in its order, again whenever there may
// be something new: a *generation* counts bytes received and edges of the socket, and each
// operation remembers the one it last saw. That matters because libssh2 reads for everyone:
// what one operation takes from the socket may be what another waits for.
//
// libssh2 may leave a packet half sent, and then nothing but the repetition of the same call may
// send: that operation is kept in `halfSent` and goes alone until it is through, even when its
// caller has left.
extension SSHConnection {
    /// Attempts something until it is done, in turn with the others.
    ///
    /// - Parameters:
    ///   - limit: after which `phase` has timed out.
    ///   - mustFinish: it goes on when its caller has left.
    ///   - over: called once, when it is over, with its value if it has one and whether the
    ///     caller gets it.
    func perform<Value: Sendable>(
        _ phase: SSHError.Phase = .exec, within limit: Duration? = nil, channel: Int? = nil,
        mustFinish: Bool = false, over: ((Value?, Bool) -> Void)? = nil,
        _ attempt: @escaping (OpaquePointer) throws -> Attempt<Value>
    ) async throws -> Value {
        if let refusal = failure ?? (Task.isCancelled ? CancellationError() : nil) as (any Error)? {
            over?(nil, true)
            throw refusal
        }
        nextOperation += 1
        let number = nextOperation
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let timer = limit.map { limit in
                    let error = SSHError.timedOut(phase, address: target.address, after: limit)
                    return abandonLater(number, error, at: .now + limit)
                }
                let call = Call(continuation, timer: timer, loop: loop, over: over)
                enqueue(
                    Operation(
                        number: number, channel: channel, mustFinish: mustFinish,
                        attempt: { try call.keep(attempt($0)) },
                        dismiss: call.dismiss, finish: call.finish))
            }
        } onCancel: {
            loop.post { [weak self] in
                self?.assumeIsolated { $0.abandon(number, CancellationError()) }
            }
        }
    }

    private func abandonLater(
        _ number: Int, _ error: SSHError, at deadline: ContinuousClock.Instant
    ) -> LoopTimer {
        loop.schedule(at: deadline) { [weak self] in
            self?.assumeIsolated { $0.abandon(number, error) }
        }
    }

    /// Attempts something until it is done, with nobody waiting for it.
    func performUnattended(
        channel: Int? = nil,
        _ attempt: @escaping (OpaquePointer) throws -> Attempt<Void>,
        finished: @escaping ((any Error)?) -> Void
    ) {
        if let failure { return finished(failure) }
        nextOperation += 1
        enqueue(
            Operation(
                number: nextOperation, channel: channel, mustFinish: true, attempt: attempt,
                dismiss: { _ in }, finish: finished))
    }

    private func enqueue(_ operation: Operation) {
        operations.append(operation)
        pump()
    }

    /// The caller of an operation leaves with `error`.
    private func abandon(_ number: Int, _ error: any Error) {
        guard let operation = operations.first(where: { $0.number == number }) else { return }
        leave(operation, error)
    }

    private func leave(_ operation: Operation, _ error: any Error) {
        operation.isAbandoned = true
        operation.dismiss(error)
        if !operation.mustFinish, halfSent !== operation { remove(operation) }
    }

    /// All callers that wait for something of a channel leave with `error`, and nothing of
    /// theirs is attempted again, but to send the rest of a packet.
    func abandonOperations(of channel: Int, _ error: any Error) {
        for operation in operations where operation.channel == channel {
            operation.mustFinish = false
            leave(operation, error)
        }
    }
}

// MARK: Turns

extension SSHConnection {
    /// The socket has become readable or writable.
    func became(_ readiness: Readiness) {
        guard failure == nil else { return }
        activity.fire()
        guard !isLent else { return }
        if readiness.contains(.readable) { edges += 1 }
        if readiness.contains(.writable) { maySend = true }
        pump()
        // With nobody reading, the end would be noticed only by the next caller.
        if readiness.contains(.ended), operations.isEmpty {
            end(.disconnected(address: target.address, reason: "it closed the connection"))
        }
    }

    /// Something that operations wait for has happened on this side.
    func bumpGeneration() {
        edges += 1
    }

    private var generation: UInt64 { (handle?.received ?? 0) + edges }

    /// How many attempts may follow each other. A peer that is as quick as this side would
    /// else keep the loop, which serves other connections too, for as long as there is data.
    private static var attemptsInARow: Int { 64 }

    /// Attempts operations until none can get any further.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        var attempts = 0
        while failure == nil, let operation = operationInTurn() {
            guard attempts < Self.attemptsInARow else {
                return loop.post { [weak self] in self?.assumeIsolated { $0.pump() } }
            }
            attempts += 1
            attempt(operation)
        }
    }

    private func operationInTurn() -> Operation? {
        if let halfSent { return maySend ? halfSent : nil }
        let now = generation
        return operations.first { $0.seen != now }
    }

    private func attempt(_ operation: Operation) {
        guard let session = handle?.pointer else { return }
        maySend = false
        do {
            switch try operation.attempt(session) {
            case .done:
                remove(operation)
                operation.finish(nil)
                return
            case .progress:
                operation.seen = 0
            case .wait:
                operation.seen = generation
            }
        } catch {
            remove(operation)
            fail(operation, error)
            return
        }
        halfSent = handle?.isSending == true ? operation : nil
        if halfSent == nil, operation.isAbandoned, !operation.mustFinish {
            remove(operation)
        } else if operation.seen == 0, operations.last !== operation {
            remove(operation, keepingHalfSent: true)
            operations.append(operation)
        }
    }

    private func remove(_ operation: Operation, keepingHalfSent: Bool = false) {
        if let index = operations.firstIndex(where: { $0 === operation }) {
            operations.remove(at: index)
        }
        if !keepingHalfSent, halfSent === operation { halfSent = nil }
    }

    private func fail(_ operation: Operation, _ error: any Error) {
        guard let error = error as? LibSSH2Error else { return operation.finish(error) }
        // Before a connection is let in, there is nothing to go on with.
        guard LibSSH2.isFatal(error.code) || phase != .exec else {
            return operation.finish(
                SSHError.sessionFailed(address: target.address, reason: error.message))
        }
        let failure = describeEnd(error)
        operation.finish(failure)
        end(failure)
    }

    private func describeEnd(_ error: LibSSH2Error) -> SSHError {
        if phase == .handshake, handle?.endedReason == nil {
            return .negotiationFailed(address: target.address, reason: error.message)
        }
        return .disconnected(
            address: target.address, reason: handle?.endedReason ?? error.message)
    }
}

/// The caller's side of an operation: its continuation, resumed once.
private final class Call<Value: Sendable> {
    private var continuation: CheckedContinuation<Value, any Error>?
    private var value: Value?
    private let timer: LoopTimer?
    private let loop: EventLoop
    private let over: ((Value?, Bool) -> Void)?

    init(
        _ continuation: CheckedContinuation<Value, any Error>, timer: LoopTimer?,
        loop: EventLoop, over: ((Value?, Bool) -> Void)?
    ) {
        self.continuation = continuation
        self.timer = timer
        self.loop = loop
        self.over = over
    }

    func keep(_ attempt: Attempt<Value>) -> Attempt<Void> {
        switch attempt {
        case .wait: return .wait
        case .progress: return .progress
        case .done(let value):
            self.value = value
            return .done(())
        }
    }

    func dismiss(_ error: any Error) {
        timer.map(loop.cancel)
        continuation?.resume(throwing: error)
        continuation = nil
    }

    func finish(_ error: (any Error)?) {
        over?(value, continuation != nil)
        if let error {
            dismiss(error)
        } else if let value {
            timer.map(loop.cancel)
            continuation?.resume(returning: value)
            continuation = nil
        }
    }
}

extension SessionHandle {
    var received: UInt64 { transport.pointee.received }

    /// How the peer ended the stream, if it did.
    var endedReason: String? {
        if transport.pointee.ended != 0 { return "it closed the connection" }
        guard transport.pointee.error != 0 else { return nil }
        return SystemError(transport.pointee.error, in: "recv").reason
    }
}
