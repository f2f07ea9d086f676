internal import CLibPQ
internal import Glibc
public import Loop

extension PostgresConnection {
    /// Connects to the first of the servers that the settings name which takes the session.
    ///
    /// - Throws: `PostgresError`, `CancellationError`.
    public static func connect(
        _ settings: PostgresSettings, on loop: EventLoop = EventLoops.shared.next()
    ) async throws -> PostgresConnection {
        let plan = try await BlockingPool.shared.run { () throws(PostgresError) in
            try ConnectionPlan(settings)
        }
        var last: PostgresError?
        for role in plan.roles {
            for endpoint in plan.endpoints {
                do {
                    for endpoint in try await addresses(of: endpoint, within: plan.timeout) {
                        do {
                            return try await connect(
                                settings, to: endpoint, role: role, within: plan.timeout, on: loop)
                        } catch let error as PostgresError where error.isForNext {
                            last = error
                        }
                    }
                } catch let error as PostgresError where error.isForNext {
                    last = error
                }
            }
        }
        throw last
            ?? PostgresError(.connection(.unknownHost), "the host has no address", server: "")
    }

    /// Connects for as long as `body` takes.
    @discardableResult
    public static func withConnection<Value: Sendable>(
        _ settings: PostgresSettings, on loop: EventLoop = EventLoops.shared.next(),
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        let connection = try await connect(settings, on: loop)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// An endpoint for each address of its host; itself if it needs no look-up.
    private static func addresses(
        of endpoint: PostgresSettings.Endpoint, within limit: Duration?
    ) async throws -> [PostgresSettings.Endpoint] {
        // Names of UNIX sockets begin with `/`, or with `@` where they are abstract.
        guard let host = endpoint.host, endpoint.address == nil, let first = host.first,
            first != "/", first != "@"
        else { return [endpoint] }
        return try await HostAddresses.resolve(host, within: limit).map { address in
            var endpoint = endpoint
            endpoint.address = address
            return endpoint
        }
    }

    private static func connect(
        _ settings: PostgresSettings, to endpoint: PostgresSettings.Endpoint, role: String?,
        within limit: Duration?, on loop: EventLoop
    ) async throws -> PostgresConnection {
        let connection = PostgresConnection(server: endpoint.text, loop: loop)
        do {
            try await connection.establish(settings, endpoint, role, within: limit)
            return connection
        } catch {
            await connection.close()
            throw error
        }
    }

    private func establish(
        _ settings: PostgresSettings, _ endpoint: PostgresSettings.Endpoint, _ role: String?,
        within limit: Duration?
    ) async throws {
        isBusy = true
        defer { isBusy = false }
        let deadline = limit.map { ContinuousClock.now + $0 }
        // As a number, which may leave the pool; it is owned again at once.
        let started = await BlockingPool.shared.run {
            UInt(bitPattern: settings.start(endpoint, role: role))
        }
        handle = ConnectionHandle(adopting: OpaquePointer(bitPattern: started))
        let connection = try connection
        // Its text then has the SQLSTATE, which it has nowhere else.
        PQsetErrorVerbosity(connection, PQERRORS_VERBOSE)
        do {
            try await poll(connection, until: deadline)
        } catch is TimeoutError {
            throw PostgresError(
                .connection(.timeout), "it did not answer in time", server: server)
        }
        PQsetErrorVerbosity(connection, PQERRORS_DEFAULT)
        guard PQsetnonblocking(connection, 1) == 0 else { throw lost(connection) }
    }

    private func poll(
        _ connection: OpaquePointer, until deadline: ContinuousClock.Instant?
    ) async throws {
        var events = POLLOUT
        guard PQstatus(connection) != CONNECTION_BAD else { throw refusal(connection) }
        while true {
            // After each step, for libpq may have made another socket with the same number.
            try watch(connection)
            try await wait(for: events, until: deadline)
            switch PQconnectPoll(connection) {
            case PGRES_POLLING_OK: return try watch(connection)
            case PGRES_POLLING_READING: events = POLLIN
            case PGRES_POLLING_WRITING: events = POLLOUT
            default: throw refusal(connection)
            }
        }
    }

    private func refusal(_ connection: OpaquePointer) -> PostgresError {
        ConnectMessage(text: Self.complaint(connection)).error(server: server)
    }
}

extension PostgresError {
    /// Whether another server or address may take the session. One that refuses the user is as
    /// final as libpq has it.
    fileprivate var isForNext: Bool {
        guard let failure else { return false }
        return [
            .unknownHost, .unreachable, .refused, .timeout, .startingUp, .wrongRole, .lost,
        ].contains(failure)
    }
}
