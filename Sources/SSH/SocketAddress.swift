internal import Glibc
internal import Loop
internal import Vocabulary

/// An address that a socket can connect to.
struct SocketAddress: Sendable {
    private let bytes: [UInt8]
    let family: Int32
    /// As messages name it: `10.0.0.7:22`, `[fd00::7]:22`.
    let text: String

    func withSockaddr<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        var storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(bytes.count))
            }
        }
    }

    /// The addresses of a host, in the order in which the system prefers them.
    ///
    /// A name is looked up on a pool of threads; what has not answered in time, or is not
    /// wanted any more, is left behind there.
    static func resolve(
        _ host: String, port: UInt16, within limit: Duration,
        by lookUpName: @escaping @Sendable (String, UInt16) -> Result<[SocketAddress], SSHError> = {
            lookUp($0, port: $1, flags: 0)
        }
    ) async throws -> [SocketAddress] {
        if case .success(let addresses) = lookUp(host, port: port, flags: AI_NUMERICHOST) {
            return addresses
        }
        let (answers, note) = AsyncStream<Result<[SocketAddress], SSHError>>.makeStream()
        // Unstructured: the system's look-up cannot be interrupted, and goes on for as long as
        // its own configuration says.
        Task { note.yield(await BlockingPool.names.run { lookUpName(host, port) }) }
        do {
            return try await withTimeout(limit) {
                for await answer in answers { return try answer.get() }
                throw CancellationError()
            }
        } catch is TimeoutError {
            throw SSHError.nameUnknown(
                host: host, reason: "looking it up took more than \(limit.brief)")
        }
    }

    private static func lookUp(
        _ host: String, port: UInt16, flags: Int32
    ) -> Result<[SocketAddress], SSHError> {
        var hints = addrinfo()
        hints.ai_flags = flags | AI_NUMERICSERV
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            return .failure(.nameUnknown(host: host, reason: String(cString: gai_strerror(code))))
        }
        defer { freeaddrinfo(list) }
        let chain = sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }
        return .success(chain.compactMap { $0 }.map { SocketAddress($0.pointee, port: port) })
    }

    private init(_ info: addrinfo, port: UInt16) {
        family = info.ai_family
        bytes = [UInt8](
            UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        getnameinfo(
            info.ai_addr, info.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST)
        let host = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
        text = family == AF_INET6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
