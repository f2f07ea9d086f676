internal import Loop
internal import Vocabulary

extension ShellSession {
    /// What travels within a script rather than over a channel of its own.
    private static let inlineLimit = 64 << 10

    public func upload(
        _ source: UploadSource, to path: String, privilege: Privilege, prologue: ShellScript
    ) async throws {
        let (writer, own) = Self.parts(prologue, privilege)
        if case .bytes(let bytes) = source, bytes.count <= Self.inlineLimit {
            let script = prologue + own(.newPrivateFile(at: path, with: bytes))
            let result = try await run(script, options: ScriptOptions(privilege: writer))
            if PrologueEnded.statuses.contains(result.status) {
                throw PrologueEnded(result: result)
            }
            guard result.status == 0 else {
                let said = String(decoding: result.error, as: UTF8.self).lastLines
                throw HostError.transferFailed(path: path, said)
            }
            return
        }
        do {
            try await transfer(path, by: prologue + own(.receivingFile(at: path)), writer) {
                transfer in
                let pieces = try await UploadPieces(source)
                var answer: [UInt8] = []
                let sent = try await transfer.send(pieces) { answer += $0 }
                let size = String(decoding: answer, as: UTF8.self).split(separator: "\n").first
                guard size == Substring(String(sent)) else {
                    throw HostError.transferFailed(
                        path: path, "\(sent) bytes were sent, \(size ?? "none") arrived")
                }
            }
        } catch let error as PrologueEnded {
            throw error
        } catch {
            // It may have been cut in the middle, which the host cannot tell from its end. In a
            // task of its own, since this one may be cancelled. By now the file may be another's:
            // the prologue knows.
            await Task {
                _ = try? await run(
                    prologue + own("rm -f -- \(path)"), options: ScriptOptions(privilege: writer))
            }.value
            throw error
        }
    }

    /// Whom the script of an upload runs as, and what of it as whose file it becomes.
    private static func parts(
        _ prologue: ShellScript, _ privilege: Privilege
    ) -> (Privilege, (ShellScript) -> ShellScript) {
        if prologue.isEmpty || privilege == .root { return (privilege, { $0 }) }
        return (.root, ShellScript.asLogin)
    }

    public func download(
        _ path: String, privilege: Privilege, _ body: @Sendable ([UInt8]) async throws -> Void
    ) async throws {
        try await transfer(path, by: "cat -- \(path) </dev/null", privilege) { transfer in
            try await transfer.receive(body)
        }
    }

    /// Runs `script` on a channel of its own for as long as `body` takes.
    private func transfer(
        _ path: String, by script: ShellScript, _ privilege: Privilege,
        _ body: (Transfer) async throws -> Void
    ) async throws {
        if let failure { throw failure }
        try await slowPlaces.enter()
        defer { slowPlaces.leave() }
        countSlowChannel()
        defer { slowChannelsOpen -= 1 }
        let privilege = become.effective(privilege)
        if let refusal = refusals[privilege] { throw refusal }
        let framing = Framing()
        let start = become.start(
            as: privilege, running: framing.alone(script, becameRoot: privilege == .root))
        let channel = try await transport.open(start.words)
        let number = newNumber()
        transfers[number] = channel
        let progress = TransferProgress()
        limitIdleness(of: number, progress)
        defer {
            transfers[number] = nil
            idleTimers.removeValue(forKey: number).map(loop.cancel)
        }
        do {
            if let failure { throw failure }
            if let password = start.password { try await channel.authenticate(with: password) }
            try await body(Transfer(channel: channel, framing: framing, progress: progress))
            await channel.close()
        } catch {
            await channel.close()
            if progress.isStalled {
                throw HostError.transferFailed(
                    path: path, "nothing of it moved for \(idleLimit.brief)")
            }
            throw transferError(error, path, privilege)
        }
    }

    private func transferError(
        _ error: any Error, _ path: String, _ privilege: Privilege
    ) -> any Error {
        switch error {
        case let failure as Transfer.Failure
        where failure.status.map(PrologueEnded.statuses.contains) ?? false:
            return PrologueEnded(result: failure.result)
        case let failure as Transfer.Failure where failure.hasBegun:
            return HostError.transferFailed(path: path, failure.said.lastLines)
        case let failure as Transfer.Failure:
            let error = HostError(
                startFailure: privilege, status: failure.exit, noise: failure.said)
            if case .sudo = error { refusals[privilege] = error }
            return error
        case let error as SystemError where error.call.hasPrefix("open"):
            return HostError.transferFailed(path: path, "\(error)")
        // What is wrong with the source itself is nothing that the host has done.
        case is CancellationError, is HostError, is Diagnostics: return error
        default: return failure ?? HostError(error)
        }
    }
}
