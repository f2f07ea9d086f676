internal import Loop
internal import Synchronization

/// Whether a file on its way is moving: counted by who sends and who receives, looked at by the
/// session.
final class TransferProgress: Sendable {
    private let moved = Atomic<Int>(0)
    private let stalled = Atomic<Bool>(false)

    /// A piece went to the host, or came from it.
    func note() { moved.add(1, ordering: .relaxed) }

    fileprivate var count: Int { moved.load(ordering: .relaxed) }

    /// Nothing moved for as long as nothing may.
    var isStalled: Bool { stalled.load(ordering: .relaxed) }

    fileprivate func stall() { stalled.store(true, ordering: .relaxed) }
}

extension ShellSession {
    /// A piece (``UploadPieces/size``) may take this long, as over a link of half a kilobyte a
    /// second: who takes longer hangs, such as a host in front of an NFS server that is gone.
    public static let usualIdleLimit = Duration.seconds(600)
    private static let looks = 4

    /// Looks after a transfer for as long as it is among ``transfers``, and cuts it once nothing
    /// of it moves.
    func limitIdleness(of number: Int, _ progress: TransferProgress) {
        look(at: number, progress, seen: progress.count, times: 0)
    }

    private func look(at number: Int, _ progress: TransferProgress, seen: Int, times: Int) {
        idleTimers[number] = schedule(after: idleLimit / Self.looks) { session in
            session.judge(number, progress, seen: seen, times: times + 1)
        }
    }

    private func judge(_ number: Int, _ progress: TransferProgress, seen: Int, times: Int) {
        guard let channel = transfers[number] else { return }
        let count = progress.count
        guard count == seen, times == Self.looks else {
            look(at: number, progress, seen: count, times: count == seen ? times : 0)
            return
        }
        progress.stall()
        Task { await channel.close() }
    }
}
