/// How long a request waits for what.
public struct HTTPTimeouts: Hashable, Sendable {
    /// A transfer that is slower than this, over this time, has stalled.
    public struct Stall: Hashable, Sendable {
        public var bytesPerSecond: Int
        public var time: Duration

        public init(below bytesPerSecond: Int, for time: Duration) {
            self.bytesPerSecond = bytesPerSecond
            self.time = time
        }
    }

    /// For looking up the name, connecting (also by way of a proxy) and the TLS handshake
    /// together.
    public var connect: Duration
    /// Bytes are counted in both directions, from the time of connecting, and while the server
    /// thinks about its answer. Time in which the transfer waits for this side, because a body is
    /// not supplied or not read, does not count: libcurl's own LOW_SPEED would punish the server
    /// for a slow source.
    public var stall: Stall?
    /// For all tries and the pauses between them, to the body's last byte.
    public var total: Duration?

    public init(
        connect: Duration = .seconds(10),
        stall: Stall? = Stall(below: 1, for: .seconds(60)),
        total: Duration? = nil
    ) {
        self.connect = connect
        self.stall = stall
        self.total = total
    }
}
