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
        let prepared = try await PreparedRequest(Self.withoutEmptyStream(request))
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

    /// A stream that is to have no bytes is read before anything is sent: libcurl would not ask
    /// for any, and a transfer could end well before it is known that there are.
    private nonisolated static func withoutEmptyStream(
        _ request: HTTPRequest
    ) async throws -> HTTPRequest {
        guard case .stream(length: 0, let make) = request.body else { return request }
        for try await piece in try make() where !piece.isEmpty {
            throw HTTPError(.badRequest, "the request's body was to have no bytes, and has some")
        }
        var request = request
        request.body = .bytes([])
        return request
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

    /// Supplies the request's body, if it is a stream, and drops what is left of the transfer when it is cancelled.
    @concurrent private nonisolated func attend(_ number: Int, _ body: HTTPBody) async {
        await withTaskCancellationHandler {
            await supply(number, body)
            await dismissed(number)
        } onCancel: {
            loop.post { [self] in assumeIsolated { $0.dismiss(number) } }
        }
    }

    /// The piece that makes the body complete is kept back until the stream has ended well: what
    /// fails, or has more to say than was said, never becomes a whole request.
    private nonisolated func supply(_ number: Int, _ body: HTTPBody) async {
        guard case .stream(let length, let make) = body else { return }
        do {
            var left = length
            var last: [UInt8]?
            for try await piece in try make() where !piece.isEmpty {
                left = left.map { $0 - piece.count }
                if let left, left < 0 { break }
                if left == 0 {
                    last = piece
                } else if try await !offer(piece, to: number) {
                    return
                }
            }
            try Task.checkCancellation()
            if let left, left != 0 { return await failLength(number, left) }
            if let last { _ = try await offer(last, to: number) }
            await endOffer(to: number)
        } catch {
            await fail(number, error)
        }
    }
}
