internal import CLibSSH2
internal import Loop

/// An open channel of a self. It belongs to the connection's actor.
final class ChannelState {
    let pointer: OpaquePointer
    /// Whether it is one of the ``SSHConnection/channelLimit``.
    let takesPlace: Bool
    /// Why it can be used no more, though it is still open.
    var failure: SSHError?
    /// The host has not yet said whether it starts the program: the channel must not go before.
    var awaitsAnswer = false
    /// Its exit status tells zero from none.
    var tellsStatus = false
    /// To be released as soon as it may be.
    var isUnwanted = false

    init(pointer: OpaquePointer, takesPlace: Bool) {
        self.pointer = pointer
        self.takesPlace = takesPlace
    }
}

/// A channel of type `session` (RFC 4254 §6.1), on which a program can be started.
func openSession(_ session: OpaquePointer) -> OpaquePointer? {
    libssh2_channel_open_ex(
        session, "session", 7, 2 << 20, UInt32(LIBSSH2_CHANNEL_PACKET_DEFAULT), nil, 0)
}

extension SSHConnection {
    /// Opens a channel by `open` when one of the connection's places is free.
    ///
    /// - Parameter limit: how long the host may take to open it, if not as long as to start a
    ///   program.
    func openChannel(
        within limit: Duration? = nil,
        _ open: @escaping @Sendable (OpaquePointer) -> OpaquePointer?
    ) async throws -> Int {
        try await slots.enter()
        do {
            try await opening.enter()
        } catch {
            slots.leave()
            throw error
        }
        do {
            return try await performOpening(within: limit ?? target.timeouts.exec, open)
        } catch let error as SSHError {
            // Nothing can be opened any more while libssh2 waits for this answer.
            if case .timedOut = error { end(error) }
            throw error
        }
    }

    private func performOpening(
        within limit: Duration, _ open: @escaping @Sendable (OpaquePointer) -> OpaquePointer?
    ) async throws -> Int {
        try await perform(
            within: limit, mustFinish: true,
            over: { number, isWanted in
                self.opening.leave()
                if let number {
                    if !isWanted { self.releaseChannel(number) }
                } else {
                    self.slots.leave()
                }
            },
            { session in try self.attemptToOpen(session, open) })
    }

    func attemptToOpen(
        _ session: OpaquePointer, takesPlace: Bool = true,
        _ open: (OpaquePointer) -> OpaquePointer?
    ) throws -> Attempt<Int> {
        if let channel = open(session) {
            nextChannel += 1
            channels[nextChannel] = ChannelState(
                pointer: channel, takesPlace: takesPlace)
            return .done(nextChannel)
        }
        let code = libssh2_session_last_errno(session)
        if code == LIBSSH2_ERROR_EAGAIN { return .wait }
        let error = LibSSH2Error(code, in: session)
        guard code == LIBSSH2_ERROR_CHANNEL_FAILURE else { throw error }
        throw SSHError.channelRefused(address: target.address, reason: error.message)
    }

    /// Closes a channel and gives its place free when the host has closed it as well.
    func releaseChannel(_ number: Int) {
        guard let channel = channels[number] else { return }
        abandonOperations(of: number, SSHError.closed)
        channel.failure = .closed
        channel.isUnwanted = true
        guard !channel.awaitsAnswer else { return }
        channels[number] = nil
        performUnattended { session in
            try Attempt(libssh2_channel_free(channel.pointer), in: session)
        } finished: { _ in
            if channel.takesPlace { self.slots.leave() }
        }
    }

    /// A channel that stays open but is of no use any more.
    func failChannel(_ number: Int, _ error: SSHError) {
        channels[number]?.failure = error
        abandonOperations(of: number, error)
    }

    func channel(_ number: Int) throws -> OpaquePointer {
        if let failure { throw failure }
        guard let channel = channels[number] else { throw SSHError.closed }
        if let failure = channel.failure { throw failure }
        return channel.pointer
    }
}
