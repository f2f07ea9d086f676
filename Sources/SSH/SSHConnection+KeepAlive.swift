internal import Loop

/// When a silent peer was last asked whether it is still there.
struct KeepAlive {
    var timer: LoopTimer?
    var receivedAtLastCheck: UInt64 = 0
    /// What had come when the peer let the connection in.
    var receivedAtStart: UInt64 = 0
    /// How many checks in a row have found nothing new.
    var silentChecks = 0
    /// The channel that was opened to ask.
    var question: Int?
}

extension SSHConnection {
    /// As `ServerAliveCountMax` of OpenSSH: a loaded host may be late once or twice.
    private static var patience: Int { 3 }

    /// Begins, for a peer that has just let the connection in.
    func startKeepAlive() {
        keepAlive.receivedAtStart = handle?.received ?? 0
        scheduleKeepAlive()
    }

    /// Checks after each interval whether anything has come in; if not, asks, and gives the
    /// connection up when nothing has come for some more intervals.
    private func scheduleKeepAlive() {
        guard let interval = target.keepAlive, failure == nil else { return }
        keepAlive.receivedAtLastCheck = handle?.received ?? 0
        keepAlive.timer = loop.schedule(at: .now + interval) { [weak self] in
            self?.assumeIsolated { $0.checkPeer(interval) }
        }
    }

    private func checkPeer(_ interval: Duration) {
        // sshd says that it lets somebody in before it opens the session, and answers nothing
        // until PAM is through with that: a busy systemd-logind, or a home on another machine,
        // takes seconds. Until its first answer the limit of whoever waits for it is in force.
        guard handle?.received != keepAlive.receivedAtStart else { return scheduleKeepAlive() }
        let isSilent = handle?.received == keepAlive.receivedAtLastCheck
        keepAlive.silentChecks = isSilent ? keepAlive.silentChecks + 1 : 0
        if keepAlive.silentChecks > Self.patience {
            let silence = interval * Self.patience
            return end(.timedOut(.keepAlive, address: target.address, after: silence))
        }
        if isSilent { ask() }
        scheduleKeepAlive()
    }

    /// Opens a channel and closes it again. `keepalive@openssh.com` would do as well, but
    /// libssh2 1.10 keeps every answer to it for ever, and reads the server's own questions
    /// only when somebody waits for a packet, as opening a channel does.
    private func ask() {
        // Somebody who is opening a channel is asking already.
        guard opening.enterIfFree() else { return }
        performUnattended { session in
            let attempt = try self.attemptToOpen(session, takesPlace: false, openSession)
            guard case .done(let number) = attempt else { return .wait }
            self.keepAlive.question = number
            return .done(())
        } finished: { _ in
            // A refusal is an answer, too.
            self.opening.leave()
            if let question = self.keepAlive.question { self.releaseChannel(question) }
            self.keepAlive.question = nil
        }
    }
}
