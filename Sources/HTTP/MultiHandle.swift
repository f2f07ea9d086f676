internal import CLibCurl
internal import Synchronization

/// libcurl's multi handle, owned, with the connections that it keeps.
struct MultiHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer

    /// libcurl's own beginning, once. Its OpenSSL flavour, as Debian has it, may be begun on any
    /// thread (`threadsafe` among its features).
    private static let library: CURLcode = curl_global_init(Int(CURL_GLOBAL_ALL))

    /// `nil` without memory.
    init?(idleConnections: Int) {
        guard Self.library == CURLE_OK, let pointer = curl_multi_init() else { return nil }
        self.pointer = pointer
        finflow_curl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, max(1, idleConnections))
        finflow_curl_multi_set_long(pointer, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    deinit {
        // Closing connections reports their sockets to whom there no longer is.
        finflow_curl_multi_set_callbacks(pointer, nil, nil, nil)
        curl_multi_cleanup(pointer)
    }
}

/// How many handles of transfers there are, seen from any thread.
final class HandleCount: Sendable {
    private let count = Atomic<Int>(0)

    var current: Int { count.load(ordering: .acquiring) }

    func add(_ change: Int) {
        count.wrappingAdd(change, ordering: .acquiringAndReleasing)
    }
}
