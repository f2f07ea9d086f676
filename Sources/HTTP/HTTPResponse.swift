/// An answer's status and header fields. Interim answers (1xx) and a proxy's are not in it.
///
/// Any status is an answer and no error. Redirects are not followed.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var headers: HTTPHeaders

    public init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}
