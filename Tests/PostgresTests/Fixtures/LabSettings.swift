import Lab
import Loop
import Postgres
import Testing

extension PostgresLab {
    /// To the superuser's database by TCP.
    func settings(_ change: (inout PostgresSettings) -> Void = { _ in }) -> PostgresSettings {
        var settings = PostgresSettings(
            host: "127.0.0.1", port: port, database: "postgres", user: Self.superuser)
        change(&settings)
        return settings
    }
}

/// A session with the server that this process's tests share.
@discardableResult
func withSession<Value: Sendable>(
    _ change: (inout PostgresSettings) -> Void = { _ in },
    _ body: (PostgresConnection) async throws -> Value
) async throws -> Value {
    let lab = try await PostgresLab.shared()
    return try await PostgresConnection.withConnection(lab.settings(change), body)
}

/// A server for one test; two at a time, for each costs what a small machine has.
func withLab<Value: Sendable>(
    _ options: PostgresLab.Options = PostgresLab.Options(),
    _ body: (PostgresLab) async throws -> Value
) async throws -> Value {
    try await LabPlaces.shared.enter()
    do {
        let lab = try await PostgresLab.start(options)
        do {
            let value = try await body(lab)
            await lab.stop()
            await LabPlaces.shared.leave()
            return value
        } catch {
            await lab.stop()
            throw error
        }
    } catch {
        await LabPlaces.shared.leave()
        throw error
    }
}

private actor LabPlaces {
    static let shared = LabPlaces()

    private let loop = EventLoops.shared.next()
    private let places: Turnstile

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init() {
        places = Turnstile(places: 2, on: loop)
    }

    func enter() async throws { try await places.enter() }
    func leave() { places.leave() }
}

/// Asks again until it is so, of what tells nobody when it happens; the test's time limit
/// bounds it.
func eventually(_ isSo: () async throws -> Bool) async throws {
    while !(try await isSo()) { try await Task.sleep(for: .milliseconds(5)) }
}

/// The error of `body`, which is to be one of this module.
func postgresError(
    _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PostgresError {
    do {
        try await body()
    } catch let error as PostgresError {
        return error
    }
    return try #require(nil as PostgresError?, "no error", sourceLocation: sourceLocation)
}
