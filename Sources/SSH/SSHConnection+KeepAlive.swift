internal import Loop

/// When a silent peer was last asked whether it is still there.
struct KeepAlive {
    var timer: LoopTimer?
    var receivedAtLastCheck: UInt64 = 0
    var isAsked = false
    /// The channel that was opened to ask.
    var question: Int?
}

extension SSHConnection {
    /// Checks after each interval whether anything has come in; if not, asks, and if still
    /// nothing has come after one more interval, gives the connection up.
    func scheduleKeepAlive() {
        guard let interval = target.keepAlive, failure == nil else { return }
        keepAlive.receivedAtLastCheck = handle?.received ?? 0
        keepAlive.timer = loop.schedule(at: .now + interval) { [weak self] in
            self?.assumeIsolated { $0.checkPeer(interval) }
        }
    }

    private func checkPeer(_ interval: Duration) {
        let isSilent = handle?.received == keepAlive.receivedAtLastCheck
        if isSilent, keepAlive.isAsked {
            return end(.timedOut(.keepAlive, address: target.address, after: interval))
        }
        keepAlive.isAsked = isSilent
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
