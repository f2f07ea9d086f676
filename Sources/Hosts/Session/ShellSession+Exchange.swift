internal import Loop
internal import Vocabulary

extension ShellSession {
    /// How long the login and `sudo` may take until the shell answers.
    private static let startLimit = Duration.seconds(120)
    /// How often a script is sent to shells that end before it begins.
    private static let attempts = 3

    /// Sends `batch` to a shell, which is opened when there is none, and reads the answers.
    ///
    /// Each job is answered on return, but for those that had not begun when the shell ended.
    ///
    /// - Returns: The shell, if it can take more.
    func exchange(
        _ batch: [Job], over idle: RemoteShell?, as privilege: Privilege
    ) async -> RemoteShell? {
        let shell: RemoteShell
        do {
            if let failure { throw failure }
            if let idle { shell = idle } else { shell = try await openShell(as: privilege) }
        } catch {
            for job in batch { job.finish(.failure(job.interruption ?? HostError(error))) }
            return nil
        }
        // What was given up while the shell was opened is not run.
        let batch = batch.filter { !$0.isAnswered }
        do {
            if !batch.isEmpty { try await converse(batch, shell) }
            return shell
        } catch {
            await settle(batch, of: shell, error)
            return nil
        }
    }

    private func openShell(as privilege: Privilege) async throws -> RemoteShell {
        if let refusal = refusals[privilege] { throw refusal }
        let start = become.start(as: privilege)
        let shell = RemoteShell(
            number: newNumber(), channel: try await transport.open(start.words),
            privilege: privilege)
        shells[shell.number] = shell
        guard let password = start.password else { return shell }
        let timer = limitStart(of: shell)
        defer { loop.cancel(timer) }
        do {
            try await shell.channel.authenticate(with: password)
            return shell
        } catch {
            await release(shell)
            if case HostError.sudo = error { refusals[privilege] = HostError(error) }
            throw error
        }
    }

    private func limitStart(of shell: RemoteShell) -> LoopTimer {
        let number = shell.number
        return schedule(after: Self.startLimit) { session in session.cutShell(number) }
    }

    private func converse(_ batch: [Job], _ shell: RemoteShell) async throws {
        let input = shell.input(for: batch)
        let timer = shell.isReady ? nil : limitStart(of: shell)
        defer { timer.map(loop.cancel) }
        // More than a pipe holds is written while answers are read: the shell may wait for us
        // to read before it reads on.
        if input.count <= 32 << 10 {
            try await shell.channel.writeUnlessClosed(input)
            try await readAnswers(batch, shell, timer)
        } else {
            let channel = shell.channel
            async let written: Void = channel.writeUnlessClosed(input)
            try await readAnswers(batch, shell, timer)
            try await written
        }
    }

    private func readAnswers(
        _ batch: [Job], _ shell: RemoteShell, _ start: LoopTimer?
    ) async throws {
        while batch.contains(where: { !$0.isAnswered }) {
            try await shell.read { event in
                switch event {
                case .ready: start.map(loop.cancel)
                case .begun(let job): begun(job, shell)
                case .printed(let job):
                    if job.byteCount > Self.outputLimit.bytes {
                        interrupt(job.number, HostError.outputTooLarge(limit: Self.outputLimit))
                    }
                case .done(let job, let result):
                    job.timer.map(loop.cancel)
                    job.answer(result)
                }
            }
        }
        // A shell that is being ended is of no more use, though all is answered.
        if shell.isEnding { throw RemoteShell.Ended() }
    }

    private func begun(_ job: Job, _ shell: RemoteShell) {
        if job.interruption != nil { return endOnHost(shell) }
        let (number, limit) = (job.number, job.options.timeout)
        job.timer = schedule(after: limit) { session in
            session.interrupt(number, HostError.timedOut(limit))
        }
    }

    /// A shell has ended, or what it is reached by: what becomes of its jobs?
    private func settle(_ batch: [Job], of shell: RemoteShell, _ error: any Error) async {
        let hasEnded = error is RemoteShell.Ended
        let exit = hasEnded && !shell.isReady ? try? await shell.channel.exit() : nil
        let wasEnded = shell.isEnding
        await release(shell)
        let connectionError = hasEnded ? nil : HostError(error)
        for job in batch where !job.isAnswered {
            job.timer.map(loop.cancel)
            if let error = job.interruption ?? connectionError {
                job.finish(.failure(error))
            } else if !shell.isReady {
                job.finish(.failure(startFailure(of: shell, wasEnded, exit)))
            } else if job.hasBegun || job.attempts >= Self.attempts {
                let said = job.errorText.lastLines
                let reason = "it ended while a script ran" + (said.isEmpty ? "" : ": \(said)")
                job.finish(.failure(HostError.protocolViolation(reason)))
            } else {
                job.move(to: .waiting)
            }
        }
        if let connectionError, connectionError.endsSession { fail(connectionError) }
    }

    private func startFailure(
        of shell: RemoteShell, _ wasEnded: Bool, _ exit: ProgramExit?
    ) -> HostError {
        if let failure { return failure }
        if wasEnded {
            return .protocolViolation("no answer within \(Self.startLimit.brief)")
        }
        let error = HostError(
            startFailure: shell.privilege, status: exit?.number, noise: shell.noise)
        if case .sudo = error { refusals[shell.privilege] = error }
        return error
    }
}

extension ByteChannel {
    /// A program that has ended says why on its output, which is still to be read.
    fileprivate func writeUnlessClosed(_ bytes: [UInt8]) async throws {
        do {
            try await write(bytes)
        } catch is InputClosedError {}
    }
}
