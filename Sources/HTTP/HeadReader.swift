/// Reads the header lines that libcurl hands out, one at a time (RFC 9112 §2 to §5), and finds
/// the answer among what may precede it.
struct HeadReader {
    /// Of all lines of one answer together.
    static let limit = 256 << 10

    enum Failure: Error {
        case malformed, tooLarge
    }

    private var status: Int?
    private var headers = HTTPHeaders()
    private var size = 0
    /// An answer that libcurl may follow up by itself: a 417, upon which it sends the request
    /// again without `Expect`.
    private(set) var provisional: HTTPResponse?
    private let expectsConsent: Bool

    init(expectsConsent: Bool) {
        self.expectsConsent = expectsConsent
    }

    /// The answer itself has begun, and not only what may precede it.
    var hasBegun: Bool { provisional != nil || (status ?? 0) >= 200 }

    /// - Returns: The answer, with its last line.
    mutating func take(_ line: UnsafeRawBufferPointer) throws(Failure) -> HTTPResponse? {
        size += line.count
        guard size <= Self.limit else { throw .tooLarge }
        var line = line[...]
        while let last = line.last, last == 0x0D || last == 0x0A { line = line.dropLast() }
        if line.isEmpty { return finish() }
        if line.starts(with: "HTTP/".utf8), status == nil {
            status = try Self.status(String(decoding: line, as: UTF8.self))
        } else if line.first == 0x20 || line.first == 0x09 {
            headers.extendLast(Self.text(line))
        } else {
            // RFC 9112 §5.1: there must be no space before the colon.
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                throw .malformed
            }
            let name = String(decoding: line[..<colon], as: UTF8.self)
            headers.add(name, Self.text(line[line.index(after: colon)...]))
        }
        return nil
    }

    private mutating func finish() -> HTTPResponse? {
        guard let status else { return nil }
        let response = HTTPResponse(status: status, headers: headers)
        self.status = nil
        headers = HTTPHeaders()
        size = 0
        // 101 is asked for by nobody here.
        if (100..<200).contains(status) { return nil }
        if status == 417, expectsConsent {
            provisional = response
            return nil
        }
        return response
    }

    /// `HTTP/1.1 200 OK`
    private static func status(_ line: String) throws(Failure) -> Int {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count > 1, words[1].utf8.count == 3, let status = Int(words[1]), status >= 100
        else { throw .malformed }
        return status
    }

    /// Without the white space around it.
    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension HTTPHeaders {
    /// An obsolete line folding (RFC 9112 §5.2), which is one space.
    fileprivate mutating func extendLast(_ text: String) {
        guard let last = fields.last, case .plain(let value) = last.value else { return }
        removeLast()
        add(last.name, value.isEmpty ? text : "\(value) \(text)")
    }
}
