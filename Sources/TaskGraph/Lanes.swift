import HeapModule

/// Ready tasks, each waiting for its turn and for room.
///
/// Tasks that need the same (one host, one set of semaphores) stand in one lane, as they can
/// all start or none. A lane whose first task lacks something is parked at that, and woken when
/// some of it is given back; so no task is looked at twice for one reason, and what a completion
/// costs does not grow with the number of those that wait.
///
/// What starts next is always the ready task with room that stands first in the graph's order:
/// breadth first over all hosts. A task takes all it needs at once, so no two can deadlock.
struct Lanes {
    private var lanes: [Lane] = []
    private var rooms: [Room] = []
    private var ready = Heap<Ticket>()
    private var laneOfNode: [Int]
    private let priority: [Int]
    private let order: [Int]
    private let limit: Int
    private var running = 0
    /// Operations on queues so far.
    private(set) var effort = 0

    /// - Parameter needs: for each task, numbers of rooms.
    init(
        limit: Int, capacities: [Int], needs: [[Int]], priority: [Int], order: [Int]
    ) {
        self.limit = max(1, limit)
        self.priority = priority
        self.order = order
        rooms = capacities.map { Room(capacity: max(1, $0)) }
        var known: [[Int]: Int] = [:]
        laneOfNode = []
        laneOfNode.reserveCapacity(needs.count)
        for rooms in needs {
            if let lane = known[rooms] {
                laneOfNode.append(lane)
            } else {
                known[rooms] = lanes.count
                laneOfNode.append(lanes.count)
                lanes.append(Lane(rooms: rooms))
            }
        }
    }

    mutating func add(_ node: Int) {
        let number = laneOfNode[node]
        lanes[number].waiting.insert(priority[node])
        effort += 1
        // Only a new first one changes when the lane's turn is.
        guard lanes[number].waiting.min == priority[node] else { return }
        switch lanes[number].location {
        case .nowhere, .ready: makeReady(number)
        case .parked(let room) where rooms[room].isFull:
            rooms[room].parked.insert(ticket(of: number))
        case .parked(let room):
            // Another one was woken for this room and has not started; the new task is before it.
            lanes[number].wokenBy = room
            makeReady(number)
        }
    }

    /// Takes the next task that can start, and the room that it needs.
    mutating func start() -> Int? {
        while running < limit, let ticket = ready.popMin() {
            effort += 1
            let number = ticket.lane
            guard lanes[number].location == .ready, lanes[number].waiting.min == ticket.turn
            else { continue }
            let wokenBy = lanes[number].wokenBy
            lanes[number].wokenBy = nil
            defer { if let wokenBy { wake(at: wokenBy) } }
            if let full = lanes[number].rooms.first(where: { rooms[$0].isFull }) {
                lanes[number].location = .parked(full)
                rooms[full].parked.insert(ticket)
                continue
            }
            lanes[number].location = .nowhere
            lanes[number].waiting.removeMin()
            for room in lanes[number].rooms { rooms[room].used += 1 }
            running += 1
            if !lanes[number].waiting.isEmpty { makeReady(number) }
            return order[ticket.turn]
        }
        return nil
    }

    /// Gives back what a task took.
    mutating func end(_ node: Int) {
        running -= 1
        for room in lanes[laneOfNode[node]].rooms {
            rooms[room].used -= 1
            wake(at: room)
        }
    }

    /// Takes out all that wait, in order.
    mutating func drain() -> [Int] {
        let waiting = lanes.flatMap(\.waiting.unordered).sorted().map { order[$0] }
        for number in lanes.indices {
            lanes[number].waiting = []
            lanes[number].location = .nowhere
        }
        return waiting
    }

    private mutating func makeReady(_ number: Int) {
        lanes[number].location = .ready
        ready.insert(ticket(of: number))
        effort += 1
    }

    /// Lets the first lane parked here try again. It wakes the next one in its turn, if it
    /// leaves room: as long as there is room, one that could use it is awake.
    private mutating func wake(at room: Int) {
        guard !rooms[room].isFull else { return }
        while let ticket = rooms[room].parked.popMin() {
            effort += 1
            let number = ticket.lane
            guard lanes[number].location == .parked(room),
                lanes[number].waiting.min == ticket.turn
            else { continue }
            lanes[number].wokenBy = room
            makeReady(number)
            return
        }
    }

    private func ticket(of number: Int) -> Ticket {
        Ticket(turn: lanes[number].waiting.min ?? .max, lane: number)
    }
}

private struct Lane {
    enum Location: Equatable {
        case nowhere, ready
        case parked(Int)
    }

    let rooms: [Int]
    /// Places in the graph's order.
    var waiting = Heap<Int>()
    var location = Location.nowhere
    var wokenBy: Int?

    init(rooms: [Int]) {
        self.rooms = rooms
    }
}

/// Something of which there is only so much: a host's slots, a semaphore.
private struct Room {
    let capacity: Int
    var used = 0
    var parked = Heap<Ticket>()

    init(capacity: Int) {
        self.capacity = capacity
    }

    var isFull: Bool { used >= capacity }
}

/// A lane's place in a queue. It is void once the lane is elsewhere or its first task another.
private struct Ticket: Comparable {
    let turn: Int
    let lane: Int

    static func < (left: Ticket, right: Ticket) -> Bool { left.turn < right.turn }
}
