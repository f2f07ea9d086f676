internal import Loop

// What callers wait for.
extension HTTPClient {
    /// The answer's header.
    func head(of number: Int) async throws -> HTTPResponse {
        while true {
            let transfer = try transfer(number)
            if let response = transfer.response {
                if transfer.source.isAbandoned { resume(transfer, sending: true) }
                return response
            }
            if let end = transfer.end {
                try end.get()
                throw HTTPError(
                    .malformedResponse, "there is no answer",
                    origin: transfer.prepared.origin.description)
            }
            try await transfer.arrival.wait()
        }
    }

    /// The next piece of the answer's body; `nil` behind the last one.
    func nextChunk(of number: Int) async throws -> [UInt8]? {
        while true {
            try Task.checkCancellation()
            let transfer = try transfer(number)
            // What came before a failure is part of the answer all the same.
            if let chunk = transfer.takeReceived() {
                resume(transfer, receiving: true)
                return chunk
            }
            if let end = transfer.end {
                try end.get()
                return nil
            }
            try await transfer.arrival.wait()
        }
    }

    /// Sends a piece of the request's body, once those before it are on their way.
    ///
    /// - Returns: Whether more is wanted.
    func offer(_ piece: [UInt8], to number: Int) async throws -> Bool {
        while true {
            let transfer = try transfer(number)
            if transfer.end != nil || transfer.source.isAbandoned { return false }
            if transfer.source.isFull {
                try await transfer.room.wait()
                continue
            }
            transfer.source.add(piece)
            resume(transfer, sending: true)
            return true
        }
    }

    /// The request's body has come to its end.
    func endOffer(to number: Int) {
        guard let transfer = transfers[number], !transfer.source.isAbandoned else { return }
        transfer.source.end()
        resume(transfer, sending: true)
    }

    /// The request's body has `left` bytes less than was said; more, when that is negative.
    func failLength(_ number: Int, _ left: Int) {
        guard let transfer = transfers[number] else { return }
        end(transfer, throwing: transfer.wrongLength(left))
    }

    func fail(_ number: Int, _ error: any Error) {
        guard let transfer = transfers[number] else { return }
        end(transfer, throwing: error)
    }

    /// Gives the rest of an answer that nobody will see a second.
    func hurry(_ number: Int) {
        guard let transfer = transfers[number], transfer.end == nil else { return }
        transfer.deadlineTimer.map(loop.cancel)
        let error = HTTPError(
            .timeout(.total), "the rest of the answer was not waited for",
            origin: transfer.prepared.origin.description)
        transfer.deadlineTimer = failLater(number, error, at: .now + .seconds(1))
    }

    func wasStale(_ number: Int) -> Bool { transfers[number]?.wasStale ?? false }

    /// Returns when the transfer has been dismissed.
    func dismissed(_ number: Int) async {
        guard let transfer = transfers[number] else { return }
        await withCheckedContinuation { transfer.dismissal = $0 }
    }

    /// Nobody wants anything of it any more: what is left of it is dropped.
    func dismiss(_ number: Int) {
        guard let transfer = transfers.removeValue(forKey: number) else { return }
        end(transfer, throwing: CancellationError())
        transfer.dismissal?.resume()
        transfer.dismissal = nil
    }

    private func transfer(_ number: Int) throws -> Transfer {
        if let transfer = transfers[number] { return transfer }
        try Task.checkCancellation()
        throw HTTPError(.badRequest, "an answer's body was read after its time")
    }
}
