internal import CLibCurl
internal import Glibc

/// libcurl's handle of one transfer, owned, with the memory that it refers to. It must be out
/// of its multi handle before it ends.
struct EasyHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    private let reason: UnsafeMutablePointer<CChar>
    private let count: HandleCount
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// The first option that the library did not take.
    private(set) var refused: CURLcode?

    init?(counted count: HandleCount) {
        guard let pointer = curl_easy_init() else { return nil }
        self.pointer = pointer
        self.count = count
        reason = .allocate(capacity: Int(CURL_ERROR_SIZE))
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        count.add(1)
        set(CURLOPT_ERRORBUFFER, pointer: reason)
    }

    deinit {
        curl_easy_cleanup(pointer)
        curl_slist_free_all(headers)
        reason.deallocate()
        count.add(-1)
    }

    mutating func set(_ option: CURLoption, _ value: Int) {
        note(finflow_curl_set_long(pointer, option, value))
    }

    mutating func set(_ option: CURLoption, size value: Int) {
        note(finflow_curl_set_size(pointer, option, Int64(value)))
    }

    mutating func set(_ option: CURLoption, _ value: String?) {
        note(finflow_curl_set_text(pointer, option, value))
    }

    mutating func set(_ option: CURLoption, pointer value: UnsafeMutableRawPointer?) {
        note(finflow_curl_set_pointer(pointer, option, value))
    }

    /// Sends these lines, in libcurl's notation, to the server and never to a proxy.
    mutating func set(headers lines: [String]) {
        for line in lines {
            guard let longer = curl_slist_append(headers, line) else {
                return note(CURLE_OUT_OF_MEMORY)
            }
            headers = longer
        }
        set(CURLOPT_HTTPHEADER, pointer: headers)
        set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
    }

    private mutating func note(_ result: CURLcode) {
        if result != CURLE_OK, refused == nil { refused = result }
    }

    /// The library's words for what went wrong, or those for `code` alone.
    func reason(of code: CURLcode) -> String {
        let text = String(cString: reason)
        return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    }

    func number(_ info: CURLINFO) -> Int { finflow_curl_get_long(pointer, info) }
    func size(_ info: CURLINFO) -> Int { Int(finflow_curl_get_size(pointer, info)) }
}
