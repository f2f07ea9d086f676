internal import Loop

/// Those who take turns at a connection: all callers, or those inside of one transaction, who as
/// a whole stand in one turn of the scope outside.
///
/// Which scope a task is in it carries with it: inside of a transaction a statement on its
/// connection belongs to the transaction, and others' wait for its end.
// Unchecked: `over`, `isSaved` and the turns are touched on the loop's thread alone.
final class Scope: @unchecked Sendable {
    let parent: Scope?
    let depth: Int
    let turns: Turnstile
    /// Why nobody takes a turn any more.
    private(set) var over: PostgresError?
    /// The server knows its savepoint.
    var isSaved = false

    init(parent: Scope?, depth: Int, loop: EventLoop) {
        self.parent = parent
        self.depth = depth
        turns = Turnstile(places: 1, on: loop)
    }

    /// The name of a transaction inside of another.
    var savepoint: String { "finflow_\(depth)" }

    func shut(throwing error: PostgresError) {
        over = error
        turns.shut(throwing: error)
    }

    @TaskLocal static var entered: [ObjectIdentifier: Scope] = [:]
}

extension PostgresConnection {
    /// The innermost transaction of this task that still goes on, or the session.
    var scope: Scope {
        var scope = Scope.entered[ObjectIdentifier(self)]
        while let inner = scope, inner.over != nil { scope = inner.parent }
        return scope ?? session
    }

    /// Runs `body` when it is this caller's turn, and leaves the connection idle or closed.
    func takingTurn<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        let scope = scope
        try await enter(scope)
        defer { leave(scope) }
        return try await settling(body)
    }

    func enter(_ scope: Scope) async throws {
        if let failure { throw failure }
        if let stream, stream.scope === scope, stream.owner == currentTaskID {
            throw PostgresError.misuse(
                "a statement cannot start while the same task reads or writes another one's rows")
        }
        try await scope.turns.enter()
        if let failure {
            scope.turns.leave()
            throw failure
        }
        isBusy = true
    }

    func leave(_ scope: Scope) {
        isBusy = false
        scope.turns.leave()
    }

    /// What `body` leaves under way is cancelled.
    func settling<Value: Sendable>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch {
            await settle()
            throw error
        }
    }

    var currentTaskID: Int { withUnsafeCurrentTask { $0.hashValue } }
}
