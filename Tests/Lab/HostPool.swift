internal import Glibc

/// Hosts that this process's tests share. A test gets those it needs all at once, as new, and
/// in the order of asking; while too few are free it waits.
public actor HostPool {
    /// `LAB_HOSTS` hosts, else six.
    public static let shared = HostPool(
        size: getenv("LAB_HOSTS").flatMap { Int(String(cString: $0)) } ?? 6)

    private let size: Int
    /// Started by the first test that needs a host.
    private var lab: Task<LabLease, any Error>?
    private var free: [LabHost] = []
    private var used: Set<LabHost> = []
    private var waiting: [Waiter] = []
    private var nextID = 0

    private struct Waiter {
        let id: Int
        let count: Int
        let continuation: CheckedContinuation<[LabHost], any Error>
    }

    init(size: Int) {
        self.size = max(1, size)
    }

    /// Runs `body` with `count` hosts that nobody else has meanwhile. More than the pool has
    /// are a lab of their own.
    public nonisolated func withHosts(
        _ count: Int, _ body: ([LabHost]) async throws -> Void
    ) async throws {
        guard count <= size else {
            return try await LabLease.withHosts(count) { try await body($0.hosts) }
        }
        let hosts = try await take(count)
        do {
            try await renew(hosts)
            try await body(hosts)
            await giveBack(hosts)
        } catch {
            await giveBack(hosts)
            throw error
        }
    }

    /// Ends the pool's hosts, all of which must be free.
    func end() async throws {
        try await lab?.value.end()
        lab = nil
        free = []
    }

    private func take(_ count: Int) async throws -> [LabHost] {
        try await start()
        try Task.checkCancellation()
        if waiting.isEmpty, free.count >= count { return pick(count) }
        nextID += 1
        let id = nextID
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                waiting.append(Waiter(id: id, count: count, continuation: $0))
            }
        } onCancel: {
            Task { await self.giveUp(id) }
        }
    }

    private func start() async throws {
        if let lab {
            _ = try await lab.value
            return
        }
        let starting = Task { [size] in try await LabLease.take(count: size) }
        lab = starting
        giveBack(try await starting.value.hosts)
    }

    private func pick(_ count: Int) -> [LabHost] {
        let picked = Array(free.prefix(count))
        free.removeFirst(count)
        return picked
    }

    /// Only hosts that some test had are reset: a new one is as a reset one.
    private func renew(_ hosts: [LabHost]) async throws {
        let stale = hosts.filter(used.contains)
        used.formUnion(hosts)
        try await stale.reset()
    }

    private func giveBack(_ hosts: [LabHost]) {
        free += hosts
        while let first = waiting.first, free.count >= first.count {
            waiting.removeFirst()
            first.continuation.resume(returning: pick(first.count))
        }
    }

    private func giveUp(_ id: Int) {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return }
        waiting.remove(at: index).continuation.resume(throwing: CancellationError())
        // Those behind it may need less.
        giveBack([])
    }
}
