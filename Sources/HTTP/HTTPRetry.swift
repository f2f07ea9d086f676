/// When a request is sent again.
///
/// A request is repeated after a fault that may pass (``HTTPError/isTransient``), or an answer
/// that says to come again, and only while nothing of an answer was handed out. Between
/// tries it waits for a random part of a span that doubles each time ("full jitter"), and at
/// least as long as the server's `Retry-After`.
///
/// A kept connection that turns out to be dead before any byte of the answer is not a try: what
/// may be repeated is sent again at once, on a new one, whatever the policy; and so is anything
/// of whose body no byte had left yet.
public struct HTTPRetry: Hashable, Sendable {
    /// All tries together, the first one included.
    public var attempts: Int
    /// The span before the second try.
    public var base: Duration
    /// The longest span. A server that asks for more time than this is not tried again: its answer is
    /// handed out.
    public var longest: Duration
    /// Answers that are tried again.
    public var statuses: Set<Int>
    /// What the caller knows of the request: that it may be repeated although its method is not
    /// idempotent.
    public var isRepeatable: Bool

    public static let passingStatuses: Set<Int> = [429, 500, 502, 503, 504]

    /// One try.
    public static let never = HTTPRetry(
        attempts: 1, base: .zero, longest: .zero, statuses: [], isRepeatable: false)

    /// Up to this many tries of an idempotent request, or of any when `repeatable`.
    public static func upTo(
        _ attempts: Int, base: Duration = .milliseconds(200), longest: Duration = .seconds(20),
        statuses: Set<Int> = passingStatuses, repeatable: Bool = false
    ) -> HTTPRetry {
        HTTPRetry(
            attempts: attempts, base: base, longest: longest, statuses: statuses,
            isRepeatable: repeatable)
    }
}
