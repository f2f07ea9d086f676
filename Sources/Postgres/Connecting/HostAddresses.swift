internal import Glibc
internal import Loop

/// The numeric addresses of a host, in the order in which the system prefers them.
enum HostAddresses {
    /// A name is looked up on a pool of threads; what has not answered in time, or is not wanted
    /// any more, is left behind there.
    static func resolve(_ host: String, within limit: Duration?) async throws -> [String] {
        if case .success(let addresses) = lookUp(host, flags: AI_NUMERICHOST) { return addresses }
        let (answers, note) = AsyncStream<Result<[String], PostgresError>>.makeStream()
        // Unstructured: the system's look-up cannot be interrupted, and goes on for as long as
        // its own configuration says.
        Task { note.yield(await BlockingPool.names.run { lookUp(host, flags: 0) }) }
        let first: @Sendable () async throws -> [String] = {
            for await answer in answers { return try answer.get() }
            throw CancellationError()
        }
        guard let limit else { return try await first() }
        do {
            return try await withTimeout(limit, first)
        } catch is TimeoutError {
            throw PostgresError(
                .connection(.timeout), "looking up its address took too long", server: host)
        }
    }

    private static func lookUp(_ host: String, flags: Int32) -> Result<[String], PostgresError> {
        var hints = addrinfo()
        hints.ai_flags = flags
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return .failure(
                PostgresError(
                    .connection(.unknownHost), String(cString: gai_strerror(code)), server: host))
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let info = next {
            addresses.append(text(info.pointee))
            next = info.pointee.ai_next
        }
        return .success(addresses)
    }

    private static func text(_ info: addrinfo) -> String {
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        getnameinfo(
            info.ai_addr, info.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}
