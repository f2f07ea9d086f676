import Loop
import Synchronization

/// What a scratch server says: it is read all the time, and its end is kept.
///
/// A server without room for its log of changes dies, and its clients learn no more than that.
final class ServerLog: Sendable {
    private struct State {
        var tail: [UInt8] = []
        var noRoom: String?
        var hasEnded = false
    }

    private static let limit = 8 << 10

    private let state = Mutex(State())

    /// - Throws: when it is cancelled.
    func read(from child: ChildProcess) async throws {
        while let chunk = try await child.read() {
            if case .error(let bytes) = chunk { add(bytes) }
        }
        state.withLock { $0.hasEnded = true }
    }

    private func add(_ bytes: [UInt8]) {
        state.withLock { state in
            state.tail = Array((state.tail + bytes).suffix(Self.limit))
            guard state.noRoom == nil else { return }
            state.noRoom = String(decoding: state.tail, as: UTF8.self).split(separator: "\n")
                .first { $0.contains("No space left on device") }.map(String.init)
        }
    }

    /// Whether the server is gone.
    var hasEnded: Bool { state.withLock(\.hasEnded) }

    /// - Parameter hasDied: whether it ended without being told to.
    /// - Throws: ``DrillError`` where the server was in no state to tell anything of a snapshot.
    func check(_ place: String, hasDied: Bool) throws(DrillError) {
        let (noRoom, tail) = state.withLock { ($0.noRoom, $0.tail) }
        if let noRoom { throw .noRoom(place: place, message: noRoom) }
        guard hasDied else { return }
        throw .serverFailed(step: "postgres", message: String(decoding: tail, as: UTF8.self))
    }
}
