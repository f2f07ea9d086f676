internal import CLibSSH2

// Single steps of SFTP. libssh2 keeps the state of a step in the SFTP session: one at a time,
// and each goes on to its end when its caller leaves.
extension SSHConnection {
    enum FileUse {
        case read
        case write(permissions: UInt32)
    }

    func openFile(_ path: String, for use: FileUse) async throws -> Int {
        try await startSFTP()
        let flags: Int32
        var permissions: UInt32 = 0
        switch use {
        case .read: flags = LIBSSH2_FXF_READ
        case .write(let mode):
            flags = LIBSSH2_FXF_WRITE | LIBSSH2_FXF_CREAT | LIBSSH2_FXF_TRUNC
            permissions = mode
        }
        return try await performTransfer(path, discardUnwanted: true) { sftp, session in
            let file = libssh2_sftp_open_ex(
                sftp.pointer, path, UInt32(path.utf8.count), UInt(flags), Int(permissions),
                LIBSSH2_SFTP_OPENFILE)
            if let file { return .done(sftp.add(file)) }
            let code = libssh2_session_last_errno(session)
            if code == LIBSSH2_ERROR_EAGAIN { return .wait }
            throw LibSSH2Error(code, in: session)
        }
    }

    func writeFile(_ number: Int, _ bytes: [UInt8], _ path: String) async throws {
        guard !bytes.isEmpty else { return }
        var written = 0
        _ = try await performTransfer(path) { sftp, session -> Attempt<Int> in
            let file = try sftp.file(number)
            let count = bytes.withUnsafeBytes { buffer in
                libssh2_sftp_write(
                    file,
                    buffer.baseAddress?.advanced(by: written)
                        .assumingMemoryBound(to: CChar.self), buffer.count - written)
            }
            if count == Int(LIBSSH2_ERROR_EAGAIN) { return .wait }
            guard count >= 0 else { throw LibSSH2Error(Int32(count), in: session) }
            written += count
            return written == bytes.count ? .done(written) : .progress
        }
    }

    /// Empty at the end.
    func readFile(_ number: Int, _ path: String) async throws -> [UInt8] {
        try await performTransfer(path) { sftp, session in
            let count = libssh2_sftp_read(
                try sftp.file(number), self.scratch.memory.baseAddress, self.scratch.memory.count)
            if count == Int(LIBSSH2_ERROR_EAGAIN) { return .wait }
            guard count >= 0 else { throw LibSSH2Error(Int32(count), in: session) }
            return .done(self.scratch.copy(count))
        }
    }

    func closeFile(_ number: Int, _ path: String) async throws {
        _ = try await performTransfer(path) { sftp, session -> Attempt<Bool> in
            let code = libssh2_sftp_close_handle(try sftp.file(number))
            if code == LIBSSH2_ERROR_EAGAIN { return .wait }
            sftp.remove(number)
            guard code >= 0 else { throw LibSSH2Error(code, in: session) }
            return .done(true)
        }
    }

    /// Closes a file that nobody wants any more, after whatever is still under way on it.
    nonisolated func discardFile(_ number: Int, _ path: String) {
        // Unstructured: its caller has been cancelled or has failed, and waits no longer.
        Task { try await closeFile(number, path) }
    }

    private func startSFTP() async throws {
        try await transferring.enter()
        guard sftp == nil else { return transferring.leave() }
        do {
            try await opening.enter()
        } catch {
            transferring.leave()
            throw error
        }
        do {
            try await requesting.enter()
        } catch {
            opening.leave()
            transferring.leave()
            throw error
        }
        do {
            try await performStart()
        } catch let error as SSHError {
            // libssh2 does not see that an SFTP server has gone before it said anything, and
            // opens no other channel until it does.
            if case .timedOut = error { end(error) }
            throw error
        }
    }

    private func performStart() async throws {
        _ = try await perform(
            within: target.timeouts.exec, mustFinish: true,
            over: { (_: Bool?, _) in
                self.requesting.leave()
                self.opening.leave()
                self.transferring.leave()
            },
            { session -> Attempt<Bool> in
                if let pointer = libssh2_sftp_init(session) {
                    self.sftp = SFTPState(pointer: pointer)
                    return .done(true)
                }
                let code = libssh2_session_last_errno(session)
                if code == LIBSSH2_ERROR_EAGAIN { return .wait }
                let error = LibSSH2Error(code, in: session)
                if LibSSH2.isFatal(code) { throw error }
                throw SSHError.channelRefused(
                    address: self.target.address, reason: "no SFTP: \(error.message)")
            })
    }

    private func performTransfer<Value: Sendable>(
        _ path: String, discardUnwanted: Bool = false,
        _ attempt: @escaping (SFTPState, OpaquePointer) throws -> Attempt<Value>
    ) async throws -> Value {
        try await transferring.enter()
        return try await perform(
            mustFinish: true,
            over: { value, isWanted in
                self.transferring.leave()
                if discardUnwanted, !isWanted, let file = value as? Int {
                    self.discardFile(file, path)
                }
            },
            { session in
                guard let sftp = self.sftp else { throw SSHError.closed }
                do {
                    return try attempt(sftp, session)
                } catch let error as LibSSH2Error where !LibSSH2.isFatal(error.code) {
                    let isServers = error.code == LIBSSH2_ERROR_SFTP_PROTOCOL
                    throw SSHError.transferFailed(
                        path: path, reason: isServers ? sftp.lastReason : error.message)
                }
            })
    }
}
