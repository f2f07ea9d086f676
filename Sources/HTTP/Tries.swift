/// What a request's tries have come to, and whether there is another one.
struct Tries {
    private let retry: HTTPRetry
    private let mayBeRepeated: Bool
    private var done = 0
    let deadline: ContinuousClock.Instant?
    /// The next one makes a connection of its own: kept ones have been found dead.
    private(set) var isFresh = false

    init(_ request: HTTPRequest, now: ContinuousClock.Instant) {
        retry = request.retry
        mayBeRepeated = request.mayBeRepeated
        deadline = request.timeouts.total.map { now + $0 }
    }

    /// One more try is over.
    mutating func count() {
        done += 1
    }

    /// The pause before the next try; `nil` when there is none.
    mutating func next(
        after error: any Error, wasStale: Bool, now: ContinuousClock.Instant
    ) -> Duration? {
        guard mayBeRepeated, let error = error as? HTTPError, error.isTransient else { return nil }
        if wasStale, !isFresh {
            isFresh = true
            return .zero
        }
        guard isAnotherLeft else { return nil }
        let pause = retry.pause(afterTries: done + 1)
        guard fits(pause, now) else { return nil }
        count()
        return pause
    }

    /// The pause before the next try; `nil` when the answer is handed out.
    func pause(after response: HTTPResponse, now: ContinuousClock.Instant) -> Duration? {
        guard mayBeRepeated, isAnotherLeft, retry.statuses.contains(response.status) else {
            return nil
        }
        let asked = response.retryAfter ?? .zero
        guard asked <= retry.longest else { return nil }
        let pause = max(asked, retry.pause(afterTries: done + 1))
        return fits(pause, now) ? pause : nil
    }

    private var isAnotherLeft: Bool { done + 1 < retry.attempts }

    private func fits(_ pause: Duration, _ now: ContinuousClock.Instant) -> Bool {
        deadline.map { now + pause < $0 } ?? true
    }
}

extension HTTPRetry {
    /// A random part of a span that doubles with each try ("full jitter", as the AWS
    /// Architecture Blog has measured it): clients that failed together do not come back together.
    func pause(afterTries tries: Int) -> Duration {
        var random = SystemRandomNumberGenerator()
        return pause(afterTries: tries, random: &random)
    }

    func pause(afterTries tries: Int, random: inout some RandomNumberGenerator) -> Duration {
        let span = min(longest, base * (1 << min(max(tries - 1, 0), 30)))
        return span * Double.random(in: 0...1, using: &random)
    }
}
