internal import Vocabulary

/// A request that was checked: what libcurl would send in pieces, or as something else, is
/// refused before anything is sent.
struct PreparedRequest: Sendable {
    let request: HTTPRequest
    let origin: HTTPOrigin
    /// Behind which a body waits for the server's consent (`100 Continue`), a second at most.
    static let largeBody = 1 << 20

    init(_ request: HTTPRequest) throws(HTTPError) {
        guard let origin = HTTPOrigin(request.url) else {
            throw HTTPError(.badRequest, "the URL is no http or https URL, or it has a user in it")
        }
        self.request = request
        self.origin = origin
        try check()
    }

    private func check() throws(HTTPError) {
        // RFC 3986's characters, and those that servers are sent in spite of it; no fragment.
        guard request.url.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 }) else {
            throw refusal("the URL has a fragment, or bytes in it that must be percent-encoded")
        }
        guard Self.isToken(request.method.name) else {
            throw refusal("the method is not a token")
        }
        for field in request.headers.fields { try check(field) }
    }

    private func check(_ field: HTTPHeaders.Field) throws(HTTPError) {
        guard Self.isToken(field.name) else {
            throw refusal("a header's name is not a token")
        }
        let isClean =
            switch field.value {
            case .plain(let value): Self.isValue(value)
            case .sensitive(let value): value.withExposed(Self.isValue)
            }
        guard isClean else {
            throw refusal("the header \(field.name) has a line break or another control in it")
        }
        if HTTPHeaders.areSame(field.name, "Transfer-Encoding") {
            throw refusal("Transfer-Encoding follows from the body")
        }
        if HTTPHeaders.areSame(field.name, "Content-Length") {
            guard case .plain(let value) = field.value, let length = request.body.length,
                value == "\(length)"
            else { throw refusal("Content-Length is not the body's") }
        }
    }

    private func refusal(_ reason: String) -> HTTPError {
        HTTPError(.badRequest, reason, origin: origin.description)
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "A")...UInt8(ascii: "Z"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// RFC 9110 §5.5: no controls but the tab.
    private static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }
}

extension PreparedRequest {
    /// Whether the server is asked before the body is sent.
    var expectsConsent: Bool {
        guard case .stream(let length, _) = request.body else { return false }
        return length.map { $0 >= Self.largeBody } ?? true
    }

    /// The header's lines in libcurl's notation, in which `Name:` takes a field of its own away
    /// and `Name;` sends an empty one.
    var headerLines: [String] {
        var lines: [String] = []
        for field in request.headers.fields
        where !HTTPHeaders.areSame(field.name, "Content-Length") {
            let value =
                switch field.value {
                case .plain(let value): value
                case .sensitive(let value): value.withExposed { $0 }
                }
            let isEmpty = value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 }
            lines.append(isEmpty ? "\(field.name);" : "\(field.name): \(value)")
        }
        // libcurl adds one to whatever has a body, and leaves it out after a 417 if it is its own.
        if !expectsConsent, !request.headers.contains("Expect") { lines.append("Expect:") }
        return lines
    }
}
