internal import HTTP
internal import Vocabulary

// A call as its caller sees it: signed, sent, and tried again where that may help.
extension S3Client {
    /// What of an answer is handed out, after which nothing is tried again.
    enum HandingOut {
        /// When all of it is there.
        case whole
        /// As soon as its header is.
        case pieces
    }

    /// Answers of S3 that are not objects.
    static let answerLimit = ByteCount.mebibytes(16)

    /// Performs a call whose answer is small.
    func perform(_ call: S3Call) async throws -> (response: HTTPResponse, body: [UInt8]) {
        try await perform(call, handingOut: .whole) { response, body in
            let bytes = try await body.collect(limit: Self.answerLimit)
            // Copying and completing begin their answer before they know how they end.
            if let root = try? XMLElement.read(bytes), root.name == "Error" {
                throw S3Error(response, body: bytes)
            }
            return (response, bytes)
        }
    }

    func perform<Value>(
        _ call: S3Call, handingOut: HandingOut,
        _ body: (HTTPResponse, HTTPResponseBody) async throws -> Value
    ) async throws -> Value {
        let prepared = PreparedCall(call, to: address)
        var tries = S3Tries(call, settings)
        while true {
            try Task.checkCancellation()
            let credentials = try await credentials.credentials()
            switch try await attempt(prepared, with: credentials, handingOut, body) {
            case .value(let value): return value
            case .refused(let error, let date):
                switch tries.next(after: error, server: date, clock: clock.now, credentials) {
                case nil: throw place(error, call.key)
                case .renew: await self.credentials.expired(credentials)
                case .correct(let time): clock.set(to: time)
                case .wait(let pause): try await Task.sleep(for: pause)
                }
            }
        }
    }

    private enum Outcome<Value> {
        case value(Value)
        /// Nothing was handed out.
        case refused(S3Error, date: Timestamp?)
    }

    private func attempt<Value>(
        _ call: PreparedCall, with credentials: AWSCredentials, _ handingOut: HandingOut,
        _ body: (HTTPResponse, HTTPResponseBody) async throws -> Value
    ) async throws -> Outcome<Value> {
        let signer = RequestSigner(service: "s3", region: address.region)
        let signed = signer.sign(
            call.request, payload: call.payload, with: credentials, at: clock.now)
        let request = HTTPRequest(signed: signed, body: call.body, timeouts: settings.timeouts)
        var isHandedOut = false
        var date: Timestamp?
        do {
            return .value(
                try await http.withResponse(to: request) { response, answer in
                    date = response.date
                    guard response.isSuccess else {
                        throw S3Error(
                            response, body: try await answer.collect(limit: .mebibytes(1)))
                    }
                    isHandedOut = handingOut == .pieces
                    return try await body(response, answer)
                })
        } catch let error as HTTPError where !isHandedOut {
            return .refused(S3Error(error), date: date)
        } catch let error as S3Error where !isHandedOut {
            return .refused(error, date: date)
        } catch let error as HTTPError {
            throw place(S3Error(error), nil)
        }
    }

    /// The error with where it happened.
    func place(_ error: S3Error, _ key: String?) -> S3Error {
        var error = error
        if error.place.isEmpty {
            error.place = key.map { "\(address)/\($0.visible)" } ?? "\(address)"
        }
        return error
    }
}

/// What a call's tries have come to, and what to do before the next.
struct S3Tries {
    enum Next: Hashable {
        case wait(Duration)
        /// The credentials have expired.
        case renew
        /// The clock is wrong.
        case correct(Timestamp)
    }

    private let isRepeatable: Bool
    private let hasBody: Bool
    private let settings: S3Settings
    private var done = 0
    private var hasRenewed = false
    private var hasCorrected = false

    /// By how much AWS's clock and this one may differ before it refuses.
    private static let skew = 300

    init(_ call: S3Call, _ settings: S3Settings) {
        isRepeatable = call.isRepeatable
        hasBody = call.method != "HEAD"
        self.settings = settings
    }

    /// What to do before the next try; `nil` when there is none. What was refused before it was
    /// looked at (for a clock, for credentials) may always be sent again.
    mutating func next(
        after error: S3Error, server date: Timestamp?, clock: Timestamp,
        _ credentials: AWSCredentials
    ) -> Next? {
        if !hasCorrected, let date, isOfClock(error, server: date, clock: clock) {
            hasCorrected = true
            return .correct(date)
        }
        if !hasRenewed, isOfExpiry(error, credentials) {
            hasRenewed = true
            return .renew
        }
        guard isRepeatable, error.isTransient, done + 1 < settings.attempts else { return nil }
        done += 1
        return .wait(settings.pause(after: done))
    }

    private func isOfClock(_ error: S3Error, server date: Timestamp, clock: Timestamp) -> Bool {
        let codes = ["RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"]
        if codes.contains(error.code) { return true }
        // An answer to HEAD says no more than its status.
        return !hasBody && error.status == 403 && abs(date.seconds - clock.seconds) > Self.skew
    }

    private func isOfExpiry(_ error: S3Error, _ credentials: AWSCredentials) -> Bool {
        if error.isExpired { return true }
        return !hasBody && error.status == 400 && credentials.session != nil
    }
}
