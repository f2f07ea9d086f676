/// The transfers to one origin: how many are under way, and who waits for a place, in the
/// order of asking.
struct OriginQueue {
    private(set) var running = 0
    private var waiting: [Int] = []

    var isEmpty: Bool { running == 0 && waiting.isEmpty }

    /// Whether `transfer` may start now; else it waits.
    mutating func enter(_ transfer: Int, limit: Int) -> Bool {
        guard running < limit else {
            waiting.append(transfer)
            return false
        }
        running += 1
        return true
    }

    /// One that was under way has ended: the one that takes its place.
    mutating func leave() -> Int? {
        running -= 1
        guard !waiting.isEmpty else { return nil }
        running += 1
        return waiting.removeFirst()
    }

    mutating func giveUp(_ transfer: Int) {
        waiting.removeAll { $0 == transfer }
    }
}
