public import Loop

/// A way to run programs on one host. Made connected, or never.
///
/// What it throws is a ``HostError``, a `CancellationError`, or comes from its channels'
/// streams and says that the connection is gone.
public protocol Transport: Sendable {
    /// The loop that serves its channels. Whoever talks to them a lot does so from there.
    var loop: EventLoop { get }

    /// Whether its programs run as root without more ado.
    var isRoot: Bool { get }

    /// Starts a program. Returns without waiting for the host where it can, so that what is
    /// written to the channel travels with the request.
    func open(_ words: [String]) async throws -> any ByteChannel

    /// Ends the connection and all channels.
    func close() async
}
