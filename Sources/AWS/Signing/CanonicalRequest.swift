internal import Crypto
internal import Vocabulary

/// A request in the one form that both sides make of it before they sign it.
/// (AWS Signature Version 4, "Create a canonical request".)
struct CanonicalRequest {
    let text: String
    /// The names of the headers in it: `host;x-amz-date`.
    let signedHeaders: String

    init(_ request: SignableRequest, path rule: RequestSigner.PathRule, payload: String) {
        let headers = Self.headers(of: request)
        signedHeaders = headers.map(\.name).joined(separator: ";")
        text = [
            request.method,
            Self.path(request.path, rule),
            Self.query(request.query),
            headers.map { "\($0.name):\($0.value)\n" }.joined(),
            signedHeaders,
            payload,
        ].joined(separator: "\n")
    }

    var hash: String { SHA256.hash(data: Array(text.utf8)).hexadecimal }

    private static func path(_ path: String, _ rule: RequestSigner.PathRule) -> String {
        switch rule {
        case .asSent: path.isEmpty ? "/" : path
        case .encodedAgain:
            PercentEncoding.encode(path.isEmpty ? "/" : path, keepingSlashes: true)
        case .normalized: PercentEncoding.encode(normalized(path), keepingSlashes: true)
        }
    }

    /// Without empty segments, `.` and `..` (RFC 3986 §5.2.4).
    private static func normalized(_ path: String) -> String {
        var segments: [Substring] = []
        for segment in path.split(separator: "/") {
            switch segment {
            case ".": continue
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        let ends = path.hasSuffix("/") && !segments.isEmpty
        return "/" + segments.joined(separator: "/") + (ends ? "/" : "")
    }

    /// Sorted by the bytes of the encoded names, then of the values.
    private static func query(_ items: [SignableRequest.QueryItem]) -> String {
        items
            .map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
            .sorted { $0 < $1 }
            .map { "\($0)=\($1)" }
            .joined(separator: "&")
    }

    private static func headers(of request: SignableRequest) -> [SignableRequest.Header] {
        var values: [String: [String]] = ["host": [request.host]]
        for header in request.headers where header.name.lowercased() != "host" {
            values[header.name.lowercased(), default: []].append(trimmed(header.value))
        }
        return values.sorted { $0.key < $1.key }
            .map { SignableRequest.Header($0.key, $0.value.joined(separator: ",")) }
    }

    /// Without space around it, and with one where several stand in a row.
    private static func trimmed(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }
}
