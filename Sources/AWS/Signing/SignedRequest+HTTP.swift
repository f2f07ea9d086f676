internal import HTTP
internal import Vocabulary

extension SignedRequest {
    /// One that nobody signed.
    init(request: SignableRequest) {
        self.request = request
        authorization = nil
        session = nil
    }
}

extension HTTPRequest {
    init(
        signed: SignedRequest, body: HTTPBody = .none, timeouts: HTTPTimeouts = HTTPTimeouts(),
        retry: HTTPRetry = .never
    ) {
        var headers = HTTPHeaders()
        for header in signed.request.headers { headers.add(header.name, header.value) }
        if let session = signed.session { headers.add("X-Amz-Security-Token", session) }
        if let authorization = signed.authorization { headers.add("Authorization", authorization) }
        self.init(
            HTTPMethod(signed.request.method), signed.request.url, headers: headers, body: body,
            timeouts: timeouts, retry: retry)
    }
}
