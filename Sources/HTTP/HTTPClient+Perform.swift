internal import Loop

// A request as its caller sees it: tries, and the pauses between them.
extension HTTPClient {
    /// What of an answer is handed out, after which nothing is tried again.
    enum HandingOut {
        /// When `body` has all of it.
        case whole
        /// As soon as `body` is called.
        case pieces
    }

    private enum Outcome<Value> {
        case value(Value)
        /// Nothing was handed out.
        case failed(any Error, wasStale: Bool)
        case refused(after: Duration)
    }

    nonisolated func perform<Value>(
        _ request: HTTPRequest, handingOut: HandingOut,
        _ body: (HTTPResponse, HTTPResponseBody) async throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let prepared = try PreparedRequest(request)
        var tries = Tries(request, now: .now)
        while true {
            switch try await attempt(prepared, tries, handingOut, body) {
            case .value(let value): return value
            case .failed(let error, let wasStale):
                try Task.checkCancellation()
                guard let pause = tries.next(after: error, wasStale: wasStale, now: .now) else {
                    throw error
                }
                if pause > .zero { try await Task.sleep(for: pause) }
            case .refused(let pause):
                tries.count()
                try await Task.sleep(for: pause)
            }
        }
    }

    private nonisolated func attempt<Value>(
        _ prepared: PreparedRequest, _ tries: Tries, _ handingOut: HandingOut,
        _ body: (HTTPResponse, HTTPResponseBody) async throws -> Value
    ) async throws -> Outcome<Value> {
        let transfer = await begin(prepared, deadline: tries.deadline, fresh: tries.isFresh)
        // Cancelled and awaited wherever this scope is left, and with the caller.
        async let _: Void = attend(transfer, prepared.request.body)
        let answer = HTTPResponseBody(client: self, transfer: transfer)
        let response: HTTPResponse
        do {
            response = try await head(of: transfer)
        } catch {
            return .failed(error, wasStale: await wasStale(transfer))
        }
        if let pause = tries.pause(after: response, now: .now) {
            // A connection whose answer is read can be used again; how it ends matters to nobody.
            await hurry(transfer)
            try? await answer.drain(limit: .kibibytes(64))
            return .refused(after: pause)
        }
        do {
            return .value(try await body(response, answer))
        } catch var error as HTTPError {
            if error.origin.isEmpty { error.origin = prepared.origin.description }
            guard handingOut == .whole else { throw error }
            return .failed(error, wasStale: false)
        }
    }

    /// Supplies the request's body, and drops what is left of the transfer when it is cancelled.
    @concurrent private nonisolated func attend(_ number: Int, _ body: HTTPBody) async {
        await withTaskCancellationHandler {
            if case .stream(_, let make) = body { await supply(number, make) }
            await dismissed(number)
        } onCancel: {
            loop.post { [self] in assumeIsolated { $0.dismiss(number) } }
        }
    }

    private nonisolated func supply(_ number: Int, _ make: HTTPBody.Stream) async {
        do {
            let stream = try make()
            for try await piece in stream {
                guard try await offer(piece, to: number) else { return }
            }
            try Task.checkCancellation()
            await endOffer(to: number)
        } catch {
            await fail(number, error)
        }
    }
}
