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
            try await requesting.enter()
        } catch {
            releaseChannel(number)
            throw error
        }
        request(command, on: number)
        return SSHChannel(connection: self, number: number)
    }

    /// Sends the request and leaves the answer to arrive: operations are attempted in order, so
    /// what is written to the channel from now on follows it.
    private func request(_ command: String, on number: Int) {
        guard let channel = channels[number] else { return requesting.leave() }
        let bytes = command.utf8CString
        let limit = target.timeouts.exec
        let late = SSHError.timedOut(.exec, address: target.address, after: limit)
        // A connection on which an answer is missing is of no use: the next request would take
        // the answer to this one for its own.
        let timer = loop.schedule(at: .now + limit) { [weak self] in
            self?.assumeIsolated { $0.end(late) }
        }
        channel.awaitsAnswer = true
        channel.tellsStatus = finflow_ssh_mark_status(channel.pointer) == 1
        performUnattended { session in
            let code = bytes.withUnsafeBufferPointer { buffer in
                libssh2_channel_process_startup(
                    channel.pointer, "exec", 4, buffer.baseAddress, UInt32(buffer.count - 1))
            }
            return try Attempt(code, in: session)
        } finished: { error in
            self.loop.cancel(timer)
            self.requesting.leave()
            self.answered(number, isRefused: error != nil)
        }
    }

    private func answered(_ number: Int, isRefused: Bool) {
        guard failure == nil, let channel = channels[number] else { return }
        channel.awaitsAnswer = false
        if channel.isUnwanted {
            releaseChannel(number)
        } else if isRefused {
            failChannel(number, .execRefused(address: target.address))
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
        guard let name else { return .status(try exitStatus(of: number)) }
        defer { libssh2_free(handle?.pointer, name) }
        return .signal(String(cString: name))
    }

    /// A host may close a channel without a word (`ChannelTimeout` of sshd, an appliance that
    /// is no OpenSSH): what its program came to is then not known, and is no success.
    private func exitStatus(of number: Int) throws(SSHError) -> Int32 {
        guard let channel = channels[number] else { throw .closed }
        let status = libssh2_channel_get_exit_status(channel.pointer)
        let isMissing = status == (channel.tellsStatus ? FINFLOW_SSH_NO_STATUS : 0)
        guard !isMissing else { throw .exitUnknown(address: target.address) }
        return status
    }

    private var received: UInt64 { handle?.received ?? 0 }

    private static func isClosedByPeer(_ channel: OpaquePointer) -> Bool {
        libssh2_channel_eof(channel) == 1 && libssh2_channel_wait_closed(channel) == 0
    }
}
