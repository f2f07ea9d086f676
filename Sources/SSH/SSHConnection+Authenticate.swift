internal import CLibSSH2
internal import Glibc
internal import Loop
internal import Vocabulary

// The agent's keys first: they cost no passphrase. Each key is offered before anything is signed
// with it, and without asking for the list of methods first, which would be one more round trip.
extension SSHConnection {
    func authenticate(with keys: [PrivateKey]) async throws {
        let limit = target.timeouts.authentication
        let deadline = ContinuousClock.now + limit
        var record = AuthenticationRecord()
        do {
            if let path = target.agent {
                let agent = Agent(path: path, loop: loop)
                if try await authenticate(agent, keys, &record, deadline) { return }
            }
            for key in keys {
                if try await authenticate(key, &record, deadline) { return }
            }
        } catch is TimeoutError {
            throw SSHError.timedOut(.authentication, address: target.address, after: limit)
        }
        throw record.verdict(on: target)
    }

    /// - Returns: Whether the host let us in.
    private func authenticate(
        _ agent: Agent, _ keys: [PrivateKey], _ record: inout AuthenticationRecord,
        _ deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        let held: [Agent.Key]
        do {
            // Showing its keys asks nobody: a silent agent must leave time for the files.
            let share = target.timeouts.authentication / 4
            held = try await agent.keys(until: min(deadline, .now + share))
        } catch let error as SSHError {
            record.failures.append(error)
            return false
        }
        let named = Set(keys.compactMap(\.publicBlob))
        for key in held where !target.identitiesOnly || named.contains(key.blob) {
            let name = "\(key.comment) (agent)"
            guard record.accepts(type: WireReader.keyType(of: key.blob), name: name) else {
                continue
            }
            record.offered.insert(key.blob)
            if try await offer(key.blob, of: agent, deadline) { return true }
        }
        return false
    }

    private func offer(
        _ blob: [UInt8], of agent: Agent, _ deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        while true {
            let user = target.user
            let step = try await performAuthentication(deadline) { session in
                guard let transport = self.handle?.transport else { return LIBSSH2_ERROR_BAD_USE }
                return finflow_ssh_authenticate_with_signer(
                    session, user, blob, blob.count, transport)
            }
            switch step {
            case .accepted: return true
            case .refused: return false
            case .mustSign(let data):
                guard let signature = try await agent.sign(data, with: blob, until: deadline)
                else {
                    throw SSHError.agentUnusable(
                        socket: target.agent ?? "", reason: "it refuses to sign")
                }
                handle?.sign(signature)
            }
        }
    }

    private func authenticate(
        _ key: PrivateKey, _ record: inout AuthenticationRecord,
        _ deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        let path = key.identity.path
        guard record.accepts(type: key.type, name: path), let file = key.file else { return false }
        if let blob = key.publicBlob, record.offered.contains(blob) { return false }
        guard key.isEncrypted else {
            let user = target.user
            let step = try await performAuthentication(deadline) { session in
                file.withExposed { Self.offer(key, $0, passphrase: nil, user: user, session) }
            }
            return step == .accepted
        }
        guard let passphrase = try await key.identity.passphrase?() else {
            record.failures.append(.passphraseNeeded(path: path))
            return false
        }
        return try await offerEncrypted(key, file, passphrase, deadline)
    }

    private enum Step: Equatable {
        case accepted, refused
        case mustSign([UInt8])
    }

    private func performAuthentication(
        _ deadline: ContinuousClock.Instant,
        _ attempt: @escaping (OpaquePointer) throws -> Int32
    ) async throws -> Step {
        do {
            return try await perform(.authentication, within: max(deadline - .now, .zero)) {
                session -> Attempt<Step> in
                let code = try attempt(session)
                if code == LIBSSH2_ERROR_EAGAIN, let data = self.handle?.takeRequest() {
                    return .done(.mustSign(data))
                }
                return try Self.interpret(code, session)
            }
        } catch SSHError.timedOut(.authentication, _, _) {
            throw TimeoutError()  // what was left for this key is not what all of them had
        }
    }

    private static func interpret(
        _ code: Int32, _ session: OpaquePointer
    ) throws(LibSSH2Error) -> Attempt<Step> {
        switch code {
        case LIBSSH2_ERROR_EAGAIN: return .wait
        case 0: return .done(.accepted)
        case LIBSSH2_ERROR_AUTHENTICATION_FAILED, LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED,
            LIBSSH2_ERROR_FILE:
            return .done(.refused)
        default: throw LibSSH2Error(code, in: session)
        }
    }
}

// MARK: Encrypted keys

extension SSHConnection {
    /// Opening a key takes bcrypt a tenth of a second: on the pool, while the session belongs
    /// to that thread and nothing else is under way on it.
    private func offerEncrypted(
        _ key: PrivateKey, _ file: Sensitive<[UInt8]>, _ passphrase: Sensitive<String>,
        _ deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        let user = target.user
        while true {
            guard let session = handle?.lend() else { throw failure ?? .closed }
            isLent = true
            let (code, message) = await BlockingPool.shared.run {
                let code = file.withExposed { file in
                    passphrase.withExposed {
                        Self.offer(key, file, passphrase: $0, user: user, session.pointer)
                    }
                }
                return (code, LibSSH2.message(session.pointer))
            }
            isLent = false
            if code == LIBSSH2_ERROR_FILE || message == "Callback returned error" {
                throw SSHError.passphraseWrong(path: key.identity.path)
            }
            guard case .done(let step) = try interpretLent(code, session.pointer) else {
                try await activity.wait(until: deadline)
                continue
            }
            return step == .accepted
        }
    }

    private func interpretLent(
        _ code: Int32, _ session: OpaquePointer
    ) throws -> Attempt<Step> {
        do {
            return try Self.interpret(code, session)
        } catch {
            throw SSHError.disconnected(
                address: target.address, reason: handle?.endedReason ?? error.message)
        }
    }

    private static func offer(
        _ key: PrivateKey, _ file: [UInt8], passphrase: String?, user: String,
        _ session: OpaquePointer
    ) -> Int32 {
        // The public half in its usual form spares libssh2 from opening the private one twice.
        let line = key.publicBlob.map { "\(key.type ?? "") \(Base64.encode($0)) -" } ?? ""
        return file.withUnsafeBytes { file in
            libssh2_userauth_publickey_frommemory(
                session, user, user.utf8.count, line.isEmpty ? nil : line, line.utf8.count,
                file.baseAddress?.assumingMemoryBound(to: CChar.self), file.count, passphrase)
        }
    }
}

/// A session that belongs to another thread until that thread is waited for.
// Unchecked: it is made by `lend()` alone, whose caller does nothing with the session until
// the thread has given its answer.
struct LentSession: @unchecked Sendable {
    let pointer: OpaquePointer
}

extension SessionHandle {
    fileprivate func lend() -> LentSession {
        LentSession(pointer: pointer)
    }

    /// What the signing callback has left to be signed.
    fileprivate func takeRequest() -> [UInt8]? {
        guard let request = transport.pointee.request else { return nil }
        defer {
            free(request)
            transport.pointee.request = nil
        }
        return Array(UnsafeBufferPointer(start: request, count: transport.pointee.request_length))
    }

    /// Leaves the signature for the callback; libssh2 frees it.
    fileprivate func sign(_ signature: [UInt8]) {
        free(transport.pointee.signature)
        let copy = malloc(signature.count).map { $0.assumingMemoryBound(to: UInt8.self) }
        copy?.update(from: signature, count: signature.count)
        transport.pointee.signature = copy
        transport.pointee.signature_length = signature.count
    }
}
