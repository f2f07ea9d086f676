internal import CLibSSH2
internal import Loop

extension SSHConnection {
    /// Runs `command` by the user's shell on the host.
    ///
    /// Returns as soon as the request is on its way: what is written to the channel follows it
    /// at once. A host that refuses lets the first read or write throw
    /// `SSHError.execRefused`.
    public func exec(_ command: String) async throws -> SSHChannel {
        let number = try await openChannel(openSession)
        do {
            try await request(command, on: number)
        } catch {
            releaseChannel(number)
            throw error
        }
        return SSHChannel(connection: self, number: number)
    }

    private func request(_ command: String, on number: Int) async throws {
        let channel = try channel(number)
        let bytes = command.utf8CString
        let attempt = { (session: OpaquePointer) throws -> Attempt<Void> in
            let code = bytes.withUnsafeBufferPointer { buffer in
                libssh2_channel_process_startup(
                    channel, "exec", 4, buffer.baseAddress, UInt32(buffer.count - 1))
            }
            return try Attempt(code, in: session)
        }
        let isAnswered = try await perform(within: target.timeouts.exec, channel: number) {
            session -> Attempt<Bool> in
            guard case .wait = try attempt(session) else { return .done(true) }
            // Sent, and not answered yet.
            return self.handle?.isSending == true ? .wait : .done(false)
        }
        if !isAnswered { awaitAnswer(to: attempt, on: number) }
    }

    private func awaitAnswer(
        to attempt: @escaping (OpaquePointer) throws -> Attempt<Void>,
        on number: Int
    ) {
        let address = target.address
        let limit = target.timeouts.exec
        let timer = loop.schedule(at: .now + limit) { [weak self] in
            self?.assumeIsolated {
                $0.failChannel(number, .timedOut(.exec, address: address, after: limit))
            }
        }
        performUnattended(channel: number, attempt) { error in
            self.loop.cancel(timer)
            if error != nil { self.failChannel(number, .execRefused(address: address)) }
        }
    }
}

// MARK: Streams

extension SSHConnection {
    func write(_ bytes: [UInt8], to number: Int) async throws {
        guard !bytes.isEmpty else { return }
        let channel = try channel(number)
        var written = 0
        try await perform(channel: number) { session in
            let count = bytes.withUnsafeBytes { buffer in
                libssh2_channel_write_ex(
                    channel, 0,
                    buffer.baseAddress?.advanced(by: written)
                        .assumingMemoryBound(to: CChar.self),
                    buffer.count - written)
            }
            if count >= 0 {
                written += count
                return written == bytes.count ? .done(()) : .progress
            }
            switch Int32(count) {
            case LIBSSH2_ERROR_EAGAIN:
                if Self.isClosedByPeer(channel) { throw InputClosedError() }
                return .wait
            case LIBSSH2_ERROR_CHANNEL_CLOSED, LIBSSH2_ERROR_CHANNEL_EOF_SENT:
                throw InputClosedError()
            default: throw LibSSH2Error(Int32(count), in: session)
            }
        }
    }

    func closeInput(of number: Int) async throws {
        let channel = try channel(number)
        try await perform(channel: number) { session in
            try Attempt(libssh2_channel_send_eof(channel), in: session)
        }
    }

    func read(from number: Int) async throws -> ChannelChunk? {
        let channel = try channel(number)
        return try await perform(channel: number) {
            session -> Attempt<ChannelChunk?> in
            while true {
                let scratch = self.scratch
                let before = self.received
                for stream in [Int32(0), SSH_EXTENDED_DATA_STDERR] {
                    let count = libssh2_channel_read_ex(
                        channel, stream, scratch.memory.baseAddress, scratch.memory.count)
                    if count > 0 {
                        let bytes = scratch.copy(count)
                        return .done(stream == 0 ? .output(bytes) : .error(bytes))
                    }
                    if count < 0, Int32(count) != LIBSSH2_ERROR_EAGAIN {
                        throw LibSSH2Error(Int32(count), in: session)
                    }
                    if self.handle?.isSending == true { return .wait }
                }
                if libssh2_channel_eof(channel) == 1 {
                    self.bumpGeneration()  // a writer may be waiting for a window that never opens
                    return .done(nil)
                }
                // Reading one stream may have brought something of the other.
                if self.received == before { return .wait }
            }
        }
    }

    func exit(of number: Int) async throws -> ProgramExit {
        let channel = try channel(number)
        try await perform(channel: number) { session -> Attempt<Void> in
            if libssh2_channel_eof(channel) == 0 {
                // Takes nothing, but reads the socket if nobody else does.
                libssh2_channel_read_ex(channel, 0, self.scratch.memory.baseAddress, 0)
                if libssh2_channel_eof(channel) == 0 { return .wait }
            }
            return try Attempt(libssh2_channel_wait_closed(channel), in: session)
        }
        return try programExit(of: number)
    }

    private func programExit(of number: Int) throws -> ProgramExit {
        let channel = try channel(number)
        var name: UnsafeMutablePointer<CChar>?
        var length = 0
        libssh2_channel_get_exit_signal(channel, &name, &length, nil, nil, nil, nil)
        guard let name else { return .status(libssh2_channel_get_exit_status(channel)) }
        defer { libssh2_free(handle?.pointer, name) }
        return .signal(String(cString: name))
    }

    private var received: UInt64 { handle?.received ?? 0 }

    private static func isClosedByPeer(_ channel: OpaquePointer) -> Bool {
        libssh2_channel_eof(channel) == 1 && libssh2_channel_wait_closed(channel) == 0
    }
}
