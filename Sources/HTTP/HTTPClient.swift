internal import CLibCurl
public import Loop
public import Vocabulary

/// Sends requests and hands out answers, with libcurl, on one event loop.
///
/// Any number of callers may use one client at the same time; connections are kept and used
/// again, by HTTP/1.1 (HTTP/2 is not negotiated). Names are looked up on threads of libcurl's
/// own, so that a slow name server holds up only who asked for it.
public actor HTTPClient {
    public nonisolated let configuration: HTTPConfiguration
    public nonisolated let loop: EventLoop

    // Working state, for the extensions in this folder.
    var multi: MultiHandle?
    var sockets: [curl_socket_t: BorrowedDescriptor] = [:]
    var timer: LoopTimer?
    var transfers: [Int: Transfer] = [:]
    var lastTransfer = 0
    var origins: [HTTPOrigin: OriginQueue] = [:]
    /// How many of libcurl's handles there are.
    nonisolated let handles = HandleCount()

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// Nothing is opened or read before the first request.
    public init(
        _ configuration: HTTPConfiguration = HTTPConfiguration(),
        on loop: EventLoop = EventLoops.shared.next()
    ) {
        self.configuration = configuration
        self.loop = loop
    }

    isolated deinit {
        // Each call holds the client: there are no transfers, only kept connections.
        for socket in sockets.values { socket.stop() }
        timer.map(loop.cancel)
        multi = nil
    }
}

extension HTTPClient {
    /// Nothing is under way, and nobody waits.
    var isIdle: Bool { transfers.isEmpty && origins.isEmpty && handles.current == 0 }

    /// Sends `request` and collects the answer.
    ///
    /// - Parameter limit: of the body.
    /// - Throws: ``HTTPError``, of kind `tooLarge` when there is more; `CancellationError`; what the
    ///   request's stream throws.
    public nonisolated func send(
        _ request: HTTPRequest, limit: ByteCount = .mebibytes(8)
    ) async throws -> (HTTPResponse, body: [UInt8]) {
        try await perform(request, handingOut: .whole) { response, body in
            (response, body: try await body.collect(limit: limit))
        }
    }

    /// Sends `request` and hands the answer to `body` as soon as its header is there. The
    /// transfer ends with `body`: what was not read by then is dropped, with its connection.
    ///
    /// - Throws: ``HTTPError``, `CancellationError`, what the request's stream or `body` throws.
    public nonisolated func withResponse<Value>(
        to request: HTTPRequest,
        _ body: (HTTPResponse, HTTPResponseBody) async throws -> Value
    ) async throws -> Value {
        try await perform(request, handingOut: .pieces, body)
    }
}
