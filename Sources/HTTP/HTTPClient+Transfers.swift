internal import CLibCurl
internal import Loop

// The life of a transfer: begun, started when there is a place, ended once, dismissed.
extension HTTPClient {
    /// - Parameter deadline: of the whole request.
    func begin(
        _ prepared: PreparedRequest, deadline: ContinuousClock.Instant?, fresh: Bool
    ) -> Int {
        lastTransfer += 1
        let transfer = Transfer(
            number: lastTransfer, prepared: prepared, isFresh: fresh, loop: loop)
        transfers[transfer.number] = transfer
        if let deadline {
            let error = HTTPError(
                .timeout(.total), "there was no whole answer in the time given for it",
                origin: prepared.origin.description)
            transfer.deadlineTimer = failLater(transfer.number, error, at: deadline)
        }
        let limit = max(1, configuration.connectionsPerHost)
        if origins[prepared.origin, default: OriginQueue()].enter(transfer.number, limit: limit) {
            start(transfer)
        }
        return transfer.number
    }

    private func start(_ transfer: Transfer) {
        transfer.hasPlace = true
        do throws(HTTPError) {
            let multi = try multiHandle()
            guard var easy = EasyHandle(counted: handles) else {
                throw HTTPError(.other, "no memory for a transfer")
            }
            easy.prepare(transfer, configuration)
            if let refused = easy.refused {
                throw HTTPError(.badConfiguration, String(cString: curl_easy_strerror(refused)))
            }
            let result = curl_multi_add_handle(multi, easy.pointer)
            guard result == CURLM_OK else {
                throw HTTPError(.other, String(cString: curl_multi_strerror(result)))
            }
            transfer.easy = consume easy
        } catch {
            return end(transfer, throwing: error)
        }
        if let stall = transfer.prepared.request.timeouts.stall {
            transfer.stall = StallMeter(stall)
            measure(transfer)
        }
    }

    /// libcurl is through with it.
    func finish(_ transfer: Transfer, _ result: CURLcode) {
        transfer.promoteProvisional()
        end(transfer, throwing: transfer.error(for: result))
    }

    /// Ends it, for the first reason there is, and lets the next one start.
    func end(_ transfer: Transfer, throwing error: (any Error)?) {
        guard transfer.end == nil else { return }
        transfer.end = error.map { .failure($0) } ?? .success(())
        for timer in [transfer.deadlineTimer, transfer.stallTimer] { timer.map(loop.cancel) }
        if let easy = transfer.easy?.pointer, let multi = multi?.pointer {
            // Before its end this cuts the connection.
            curl_multi_remove_handle(multi, easy)
        }
        transfer.easy = nil
        transfer.arrival.fire()
        transfer.room.fire()
        leavePlace(of: transfer)
    }

    private func leavePlace(of transfer: Transfer) {
        let origin = transfer.prepared.origin
        guard transfer.hasPlace else {
            origins[origin]?.giveUp(transfer.number)
            return
        }
        transfer.hasPlace = false
        let next = origins[origin]?.leave()
        if origins[origin]?.isEmpty == true { origins[origin] = nil }
        if let next, let transfer = transfers[next] { start(transfer) }
    }

    func failLater(
        _ number: Int, _ error: HTTPError, at deadline: ContinuousClock.Instant
    ) -> LoopTimer {
        loop.schedule(at: deadline) { [weak self] in
            self?.assumeIsolated { client in
                guard let transfer = client.transfers[number] else { return }
                client.end(transfer, throwing: error)
            }
        }
    }

    /// Lets a paused direction go on.
    func resume(_ transfer: Transfer, receiving: Bool = false, sending: Bool = false) {
        guard transfer.end == nil, let easy = transfer.easy?.pointer,
            let bits = transfer.unpause(receiving: receiving, sending: sending)
        else { return }
        let result = curl_easy_pause(easy, bits)
        if result != CURLE_OK { finish(transfer, result) }
    }

    /// Looks whether it has stalled, again and again.
    private func measure(_ transfer: Transfer) {
        guard transfer.end == nil, let interval = transfer.stall?.interval else { return }
        // Connecting has a time of its own.
        let isConnected = (transfer.easy?.size(CURLINFO_PRETRANSFER_TIME_T) ?? 0) > 0
        let moved = isConnected && !transfer.isPaused ? transfer.movedBytes : nil
        if transfer.stall?.sample(moved) == true {
            return end(transfer, throwing: transfer.stalled)
        }
        let number = transfer.number
        let timer = loop.schedule(at: .now + max(interval, .milliseconds(1))) { [weak self] in
            self?.assumeIsolated { client in
                client.transfers[number].map { client.measure($0) }
            }
        }
        transfer.stallTimer = timer
    }
}
