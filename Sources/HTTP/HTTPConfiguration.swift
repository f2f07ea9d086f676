public import Vocabulary

/// What all requests of a client have in common.
public struct HTTPConfiguration: Sendable {
    public var tls: HTTPTLS
    public var proxy: HTTPProxy
    /// How many transfers to one origin are under way at the same time; further ones wait for their turn.
    public var connectionsPerHost: Int
    /// How many connections are kept for later, to all origins together.
    public var idleConnections: Int
    public var userAgent: String?

    public init(
        tls: HTTPTLS = HTTPTLS(), proxy: HTTPProxy = .environment, connectionsPerHost: Int = 16,
        idleConnections: Int = 32, userAgent: String? = "finflowctl"
    ) {
        self.tls = tls
        self.proxy = proxy
        self.connectionsPerHost = connectionsPerHost
        self.idleConnections = idleConnections
        self.userAgent = userAgent
    }
}

/// How servers prove who they are, and how this client does. A server's certificate and name
/// are always checked.
public struct HTTPTLS: Sendable {
    public enum Authorities: Hashable, Sendable {
        /// Those of the system.
        case system
        /// Those of a PEM file, and no others.
        case file(String)
    }

    public enum Version: Hashable, Sendable {
        case tls12, tls13
    }

    public struct ClientCertificate: Sendable {
        /// A PEM file, with the chain.
        public var certificate: String
        /// A PEM file.
        public var key: String
        public var passphrase: Sensitive<String>?

        public init(certificate: String, key: String, passphrase: Sensitive<String>? = nil) {
            self.certificate = certificate
            self.key = key
            self.passphrase = passphrase
        }
    }

    public var authorities: Authorities
    public var minimum: Version
    public var clientCertificate: ClientCertificate?

    public init(
        authorities: Authorities = .system, minimum: Version = .tls12,
        clientCertificate: ClientCertificate? = nil
    ) {
        self.authorities = authorities
        self.minimum = minimum
        self.clientCertificate = clientCertificate
    }
}

/// By whom requests are passed on.
public enum HTTPProxy: Sendable {
    /// As `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say (curl(1), ENVIRONMENT).
    case environment
    case none
    case server(Server)

    public struct Server: Sendable {
        /// `http://host:port`, `https://…` or `socks5h://…`, without a user.
        public var url: String
        public var user: String?
        public var password: Sensitive<String>?
        /// Hosts that are reached without it; domains with all that is below them.
        public var except: [String]

        public init(
            _ url: String, user: String? = nil, password: Sensitive<String>? = nil,
            except: [String] = []
        ) {
            self.url = url
            self.user = user
            self.password = password
            self.except = except
        }
    }
}
