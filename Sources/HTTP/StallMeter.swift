internal import Vocabulary

/// Watches how many bytes a transfer moves, in quarters of the time that it may be slow.
struct StallMeter {
    private let stall: HTTPTimeouts.Stall
    private var samples: [Int] = []
    private static let parts = 4

    init(_ stall: HTTPTimeouts.Stall) {
        self.stall = stall
    }

    var interval: Duration { stall.time / Self.parts }

    /// - Parameter moved: bytes, since the beginning; `nil` when this side is waited for.
    /// - Returns: Whether it has stalled.
    mutating func sample(_ moved: Int?) -> Bool {
        guard let moved else {
            samples = []
            return false
        }
        samples.append(moved)
        guard samples.count > Self.parts else { return false }
        let first = samples.removeFirst()
        return Double(moved - first) < Double(stall.bytesPerSecond) * stall.time.seconds
    }
}
