/// A deadline that was set on a loop, for taking it back.
public struct LoopTimer: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// A binary heap of deadlines. Cancelled ones stay in it, without handler, until they come up
/// or outnumber the rest: most deadlines of a busy loop are cancelled, and removing from the
/// middle of a heap would cost more than it saves.
struct TimerQueue {
    private struct Entry {
        let deadline: ContinuousClock.Instant
        let number: UInt64
    }

    private var heap: [Entry] = []
    private var handlers: [UInt64: @Sendable () -> Void] = [:]
    private var next: UInt64 = 0

    mutating func add(
        _ deadline: ContinuousClock.Instant, _ handler: @escaping @Sendable () -> Void
    ) -> LoopTimer {
        next += 1
        handlers[next] = handler
        heap.append(Entry(deadline: deadline, number: next))
        siftUp(heap.count - 1)
        return LoopTimer(number: next)
    }

    mutating func remove(_ timer: LoopTimer) {
        guard handlers.removeValue(forKey: timer.number) != nil else { return }
        if heap.count > 2 * handlers.count + 64 { compact() }
    }

    /// The earliest deadline that is still wanted.
    var earliest: ContinuousClock.Instant? {
        mutating get {
            while let first = heap.first, handlers[first.number] == nil { removeFirst() }
            return heap.first?.deadline
        }
    }

    /// Takes out what is due, earliest first.
    mutating func due(at now: ContinuousClock.Instant) -> [@Sendable () -> Void] {
        var due: [@Sendable () -> Void] = []
        while let first = heap.first, first.deadline <= now {
            removeFirst()
            if let handler = handlers.removeValue(forKey: first.number) { due.append(handler) }
        }
        return due
    }

    private mutating func compact() {
        // A sorted array is a heap.
        heap = heap.filter { handlers[$0.number] != nil }.sorted { $0.deadline < $1.deadline }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown()
    }

    private mutating func siftUp(_ start: Int) {
        var child = start
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].deadline < heap[parent].deadline else { return }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].deadline < heap[least].deadline {
                least = child
            }
            guard least != parent else { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}
