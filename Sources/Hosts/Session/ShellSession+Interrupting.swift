internal import Loop

extension ShellSession {
    /// Ends a script for the given reason, on the host if it runs there.
    func interrupt(_ number: Int, _ reason: any Error) {
        guard let job = jobs[number], job.interruption == nil else { return }
        job.interruption = reason
        switch job.phase {
        case .waiting, .held: job.finish(.failure(reason))
        case .sent: break  // ended as soon as it begins, lest it be another that is ended
        case .running(let shell): endOnHost(shell)
        case .finished: break
        }
    }

    /// Ends everything that runs in a shell, and it.
    func endOnHost(_ shell: RemoteShell) {
        guard !shell.isEnding else { return }
        shell.beginEnding()
        let number = shell.number
        if let group = shell.group {
            let privilege = shell.privilege
            Task {
                await kill(group, as: privilege)
                // Time to read what it still had to say.
                cutShell(number, after: .seconds(1))
            }
        }
        // Even if the host does not answer any more.
        cutShell(number, after: .seconds(20))
    }

    private func kill(_ group: Int, as privilege: Privilege) async {
        let job = makeJob(
            """
            kill -s TERM -- -\(group) 2>/dev/null
            n=0; while kill -s 0 -- -\(group) 2>/dev/null && [ $n -lt 20 ]; do
                sleep 0.1; n=$((n+1))
            done
            kill -s KILL -- -\(group) 2>/dev/null
            """
        ) { _ in }
        let shell = await exchange([job], over: nil, as: privilege)
        jobs[job.number] = nil
        if let shell { await release(shell) }
    }

    private func cutShell(_ number: Int, after delay: Duration) {
        _ = schedule(after: delay) { session in session.cutShell(number) }
    }

    /// Closes a shell's channel, if it is still there: whoever reads from it goes on.
    func cutShell(_ number: Int) {
        Task { await shells[number]?.cut() }
    }
}
