public import Vocabulary

extension Diagnostic.Code {
    public static let httpBadRequest = Self(
        "FF1501", "a request cannot be sent as it is",
        explanation: """
            Its URL is no http or https URL, or has bytes in it that must be percent-encoded; a \
            header has a line break in it, with which one request could become two; or the body is \
            longer or shorter than was said. Nothing, or not all of it, was sent.
            """)
    public static let httpConfiguration = Self(
        "FF1502", "what connections are made with cannot be used",
        explanation: """
            A file of certificates or a key is missing, unreadable or no PEM file, its passphrase \
            is another one, or a proxy's URL is none.
            """)
    public static let httpName = Self(
        "FF1503", "a server's name has no address", status: .unreachable,
        explanation: """
            The name is misspelt, does not exist, or the name server does not answer. `getent hosts \
            NAME` asks the same question.
            """)
    public static let httpUnreachable = Self(
        "FF1504", "a server cannot be reached", status: .unreachable,
        explanation: """
            The server's address refuses connections or does not answer: it is down, it listens on \
            another port, or a firewall stands between. Where a proxy is needed, `https_proxy` \
            names it.
            """)
    public static let httpProxy = Self(
        "FF1505", "a proxy does not pass a request on", status: .unreachable,
        explanation: """
            The proxy wants a user and a password, has no permission for this server, or cannot \
            reach it. `no_proxy` lists the servers that are reached without it.
            """)
    public static let httpTLS = Self(
        "FF1506", "a server's certificate or TLS is not accepted", status: .unreachable,
        explanation: """
            The server's certificate is expired, for another name, or by an authority that is not \
            known here; or the server knows no TLS 1.2; or it wants a client's certificate and did \
            not get one that it likes. It may also be somebody else who answers. Nothing was \
            sent. A private authority is made known by its PEM file.
            """)
    public static let httpTimeout = Self(
        "FF1507", "a server took too long", status: .unreachable,
        explanation: """
            No connection came about in time, the whole request took longer than it may, or fewer \
            bytes went to and fro than a living connection moves. The server or the network is \
            overloaded or gone.
            """)
    public static let httpLost = Self(
        "FF1508", "a connection was lost", status: .unreachable,
        explanation: """
            The connection was closed or reset before the answer was whole. What had come of it was \
            not taken for all of it. The server may have done what it was asked for.
            """)
    public static let httpMalformed = Self(
        "FF1509", "what answers does not speak HTTP", status: .unreachable,
        explanation: """
            Something else listens on that port, or the URL says `http` where it should say \
            `https`.
            """)
    public static let httpTooLarge = Self(
        "FF1510", "an answer is too long", status: .failed,
        explanation: """
            The answer has more bytes than what was asked for can have. It was not read to its end.
            """)
    public static let httpOther = Self(
        "FF1511", "a request failed within libcurl", status: .failed,
        explanation: "The message has the library's own words.")
}

public enum HTTPDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .httpBadRequest, .httpConfiguration, .httpName, .httpUnreachable, .httpProxy, .httpTLS,
        .httpTimeout, .httpLost, .httpMalformed, .httpTooLarge, .httpOther,
    ]
}

extension HTTPError {
    /// The same for an operator.
    ///
    /// - Parameter subject: whom it concerns, such as `repository s3://backups`; else the server.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        let place = subject ?? (origin.isEmpty ? nil : origin)
        return Diagnostic(code, summary, subject: place, hint: reason.visible)
    }

    private var code: Diagnostic.Code {
        switch kind {
        case .badRequest: .httpBadRequest
        case .badConfiguration: .httpConfiguration
        case .resolve: .httpName
        case .connect: .httpUnreachable
        case .proxy: .httpProxy
        case .tls: .httpTLS
        case .timeout, .stalled: .httpTimeout
        case .connectionLost, .truncated: .httpLost
        case .malformedResponse: .httpMalformed
        case .tooLarge: .httpTooLarge
        case .other: .httpOther
        }
    }

    private var summary: String {
        switch kind {
        case .badRequest: "the request cannot be sent"
        case .badConfiguration: "the connection's settings cannot be used"
        case .resolve: "the server's name has no address"
        case .connect: "there is no connection to the server"
        case .proxy: "the proxy does not pass the request on"
        case .tls: "there is no trusted connection to the server"
        case .timeout(.connect): "no connection to the server came about in time"
        case .timeout(.total): "the server did not answer in time"
        case .stalled: "the transfer has stalled"
        case .connectionLost: "the connection was lost before there was an answer"
        case .truncated: "the connection was lost within the answer"
        case .malformedResponse: "the server does not speak HTTP"
        case .tooLarge: "the answer is too long"
        case .other: "the request failed"
        }
    }
}
