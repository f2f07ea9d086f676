internal import CLibSSH2
internal import Glibc
internal import Loop

extension SSHConnection {
    /// What a connection waits for between reaching its host and the key exchange, which is
    /// work for a processor. A host that does not answer has not got there, so it keeps no other
    /// one waiting.
    public struct Admission: Sendable {
        let enter: @Sendable () async throws -> Void
        let leave: @Sendable () async -> Void

        /// - Parameters:
        ///   - enter: returns when the connection may go on.
        ///   - leave: called once after each `enter` that returned.
        public init(
            enter: @escaping @Sendable () async throws -> Void,
            leave: @escaping @Sendable () async -> Void
        ) {
            self.enter = enter
            self.leave = leave
        }
    }

    /// Connects, checks the host's key and authenticates.
    ///
    /// - Throws: `SSHError`, `CancellationError`.
    public static func connect(
        to target: SSHTarget, admission: Admission? = nil
    ) async throws -> SSHConnection {
        try await connect(to: target, on: EventLoops.shared.next(), admission)
    }

    private static func connect(
        to target: SSHTarget, on loop: EventLoop, _ admission: Admission?
    ) async throws -> SSHConnection {
        // Files first, all in one crossing to the pool: what they lack is cheaper to learn
        // before the host is bothered.
        let trust = try await BlockingPool.shared.run { () throws(SSHError) in
            try HostTrust(of: target)
        }
        let keys = try await PrivateKey.load(target.identities)
        let connection = SSHConnection(target: target, loop: loop)
        do {
            if let jump = target.jump {
                let through = try await connect(to: jump, on: loop, admission)
                try await connection.attach(to: through)
            } else {
                let socket = try await Dialer(loop: loop).connect(to: target)
                try await connection.attach(socket)
            }
            try await admission?.enter()
            do {
                try await connection.establish(trust, keys)
                await admission?.leave()
            } catch {
                await admission?.leave()
                throw error
            }
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    private func attach(to through: SSHConnection) async throws {
        let tunnel = Tunnel(through: through)
        self.tunnel = tunnel
        try attach(try await tunnel.open(to: target))
    }

    private func attach(_ socket: Int32) throws {
        do {
            self.socket = try Descriptor(adopting: socket, on: loop) { [weak self] readiness in
                self?.assumeIsolated { $0.became(readiness) }
            }
        } catch {
            throw SSHError.unreachable(address: target.address, reason: error.reason)
        }
    }

    private func establish(_ trust: HostTrust, _ keys: [PrivateKey]) async throws {
        guard let socket = socket?.number else {
            // While it waited for its turn.
            throw SSHError.negotiationFailed(
                address: target.address, reason: "it ended the connection before it began")
        }
        handle = SessionHandle.make()
        guard let session = handle?.pointer else {
            throw SSHError.unreachable(address: target.address, reason: "libssh2 failed to start")
        }
        prefer(trust.keyTypes, session)
        try await perform(.handshake, within: target.timeouts.handshake) { session in
            let code = libssh2_session_handshake(session, socket)
            return try Attempt(code, in: session)
        }
        try await check(trust)
        phase = .authentication
        try await authenticate(with: keys)
        phase = .exec
        startKeepAlive()
    }

    private func prefer(_ hostKeys: [String], _ session: OpaquePointer) {
        let algorithms = target.algorithms
        let preferences: [(Int32, [String])] = [
            (LIBSSH2_METHOD_KEX, algorithms.keyExchange),
            (LIBSSH2_METHOD_HOSTKEY, hostKeys),
            (LIBSSH2_METHOD_CRYPT_CS, algorithms.ciphers),
            (LIBSSH2_METHOD_CRYPT_SC, algorithms.ciphers),
            (LIBSSH2_METHOD_MAC_CS, algorithms.macs),
            (LIBSSH2_METHOD_MAC_SC, algorithms.macs),
        ]
        for (method, names) in preferences where !names.isEmpty {
            // libssh2 leaves out what it does not know, and keeps its own list if nothing is
            // left; the handshake then fails or succeeds on that.
            libssh2_session_method_pref(session, method, names.joined(separator: ","))
        }
    }

    /// Is this the host that it should be?
    private func check(_ trust: HostTrust) async throws {
        guard let session = handle?.pointer else { throw failure ?? .closed }
        var length = 0
        var type: Int32 = 0
        guard let key = libssh2_session_hostkey(session, &length, &type) else {
            throw SSHError.negotiationFailed(
                address: target.address, reason: "it showed no host key")
        }
        let blob = [UInt8](UnsafeRawBufferPointer(start: key, count: length))
        try await trust.check(blob)
    }
}

extension Attempt where Value == Void {
    /// What libssh2's usual return code means.
    init(_ code: Int32, in session: OpaquePointer) throws(LibSSH2Error) {
        switch code {
        case LIBSSH2_ERROR_EAGAIN: self = .wait
        case ..<0: throw LibSSH2Error(code, in: session)
        default: self = .done(())
        }
    }
}
