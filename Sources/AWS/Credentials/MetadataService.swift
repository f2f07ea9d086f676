internal import HTTP
internal import Loop
internal import Vocabulary

/// Asks what is on the machine or next to it, and so without a proxy and not for long.
struct MetadataService: Sendable {
    private let http: HTTPClient

    static let limit = ByteCount.kibibytes(64)

    init(loop: EventLoop) {
        http = HTTPClient(HTTPConfiguration(proxy: .none, connectionsPerHost: 2), on: loop)
    }

    /// - Parameter attempts: each of which takes a second or two where nothing answers.
    func ask(
        _ method: HTTPMethod, _ url: String, headers: HTTPHeaders, attempts: Int
    ) async throws -> (response: HTTPResponse, body: [UInt8]) {
        let timeouts = HTTPTimeouts(
            connect: .seconds(1), stall: .init(below: 1, for: .seconds(5)), total: .seconds(20))
        let request = HTTPRequest(
            method, url, headers: headers, timeouts: timeouts,
            retry: .upTo(attempts, base: .milliseconds(100), longest: .seconds(2)))
        return try await http.send(request, limit: Self.limit)
    }
}
