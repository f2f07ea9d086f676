internal import Glibc
internal import Loop
internal import Vocabulary

/// An HTTP server on loopback that stalls, resets, truncates and refuses when it is asked to
/// (`Scripts/http_server.py`), plainly, by TLS and behind a proxy. It ends with `stop()` or with
/// this process.
public final class LocalHTTPServer: Sendable {
    /// One of its ports.
    public enum Port: String, CaseIterable, Sendable {
        case plain, tls
        /// Nothing above TLS 1.1, and 1.2.
        case tls11, tls12
        /// Certificates that are expired, by somebody else, for another name.
        case expired, stranger, elsewhere
        /// Wants a client's certificate.
        case client
        case proxy
        /// Wants the user `ada` with the password `lovelace`.
        case proxyLogin = "proxy-login"

        var scheme: String {
            switch self {
            case .plain, .proxy, .proxyLogin: "http"
            default: "https"
            }
        }
    }

    private static let script =
        "\(#filePath.dropLast("LocalHTTPServer.swift".count))Scripts/http_server.py"

    /// Debian's own: a shim in its place may take seconds.
    private static let python =
        access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3"

    /// Certificates and keys: see `Scripts/certificates.sh`.
    public let folder: String
    private let ports: [String: Int]
    private let child: ChildProcess

    private init(folder: String, ports: [String: Int], child: ChildProcess) {
        self.folder = folder
        self.ports = ports
        self.child = child
    }

    public static func start() async throws -> LocalHTTPServer {
        let folder = try await LabCertificates.folder.value
        let child = try await ChildProcess.spawn(
            Command(python, ["-W", "ignore", script, folder]))
        var text = ""
        while !text.contains("\n") {
            switch try await child.read() {
            case .output(let bytes)?: text += String(decoding: bytes, as: UTF8.self)
            case .error(let bytes)?:
                throw LabError("http_server.py: \(String(decoding: bytes, as: UTF8.self))")
            case nil: throw LabError("http_server.py does not start")
            }
        }
        // What it complains of must be read, or it stops when the pipe is full.
        Task { while try await child.read() != nil {} }
        return LocalHTTPServer(
            folder: folder, ports: try numbers(JSON(parsing: text)), child: child)
    }

    private static func numbers(_ json: JSON) -> [String: Int] {
        guard case .object(let members) = json else { return [:] }
        var numbers: [String: Int] = [:]
        for member in members {
            if case .int(let number) = member.value { numbers[member.name] = number }
        }
        return numbers
    }

    /// A PEM file of the test authority's certificate.
    public var authority: String { "\(folder)/ca.pem" }

    public func port(_ port: Port) -> Int { ports[port.rawValue] ?? 0 }

    /// - Parameter path: begins with a slash.
    public func url(_ path: String, _ port: Port = .plain) -> String {
        "\(port.scheme)://127.0.0.1:\(self.port(port))\(path)"
    }

    public func stop() async {
        await child.close()
    }
}
