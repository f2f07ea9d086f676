internal import Glibc
internal import Loop

/// Debian's nginx as a child process on loopback, plainly and by TLS, with files of its own: what
/// is put under `/files/` is there. It ends with `stop()` or with this process.
public final class LocalNginx: Sendable {
    public static let program = "/usr/sbin/nginx"

    /// Why there can be none here; `nil` when there can.
    public static var obstacle: String? {
        access(program, X_OK) == 0 ? nil : "no \(program) (package nginx-light)"
    }

    /// Bodies that are longer are refused.
    public static let bodyLimit = 4 << 20

    public let port: UInt16
    public let tlsPort: UInt16
    /// A PEM file of the authority behind its certificate.
    public let authority: String
    private let folder: String
    private let child: ChildProcess

    private init(
        port: UInt16, tlsPort: UInt16, authority: String, folder: String, child: ChildProcess
    ) {
        self.port = port
        self.tlsPort = tlsPort
        self.authority = authority
        self.folder = folder
        self.child = child
    }

    public static func start() async throws -> LocalNginx {
        if let obstacle { throw LabError(obstacle) }
        let certificates = try await LabCertificates.folder.value
        let folder = try LocalSSHD.makeFolder()
        mkdir("\(folder)/files", 0o755)
        // Another process may take a port between the look and the start: then nginx ends.
        for _ in 0..<5 {
            let port = try LocalSSHD.freePort(on: "127.0.0.1")
            let tlsPort = try LocalSSHD.freePort(on: "127.0.0.1")
            let text = configuration(folder, port, tlsPort, certificates)
            try LocalSSHD.write(text, to: "\(folder)/nginx.conf")
            let child = try await ChildProcess.spawn(
                Command(program, ["-p", folder, "-c", "nginx.conf", "-e", "stderr"]))
            if try await isListening(child) {
                // Its log must be read, or it stops when the pipe is full.
                Task { while try await child.read() != nil {} }
                return LocalNginx(
                    port: port, tlsPort: tlsPort, authority: "\(certificates)/ca.pem",
                    folder: folder, child: child)
            }
            await child.close()
        }
        throw LabError("nginx does not start; see \(folder)")
    }

    /// It says how it waits for events once it listens.
    private static func isListening(_ child: ChildProcess) async throws -> Bool {
        var log = ""
        while case .error(let bytes)? = try await child.read() {
            log += String(decoding: bytes, as: UTF8.self)
            if log.contains("event method") { return true }
        }
        guard log.contains("Address already in use") else { throw LabError("nginx: \(log)") }
        return false
    }

    private static func configuration(
        _ folder: String, _ port: UInt16, _ tlsPort: UInt16, _ certificates: String
    ) -> String {
        """
        daemon off;
        master_process off;
        pid \(folder)/pid;
        error_log stderr notice;
        events {}
        http {
            access_log off;
            client_body_temp_path \(folder)/body;
            proxy_temp_path \(folder)/proxy;
            fastcgi_temp_path \(folder)/fastcgi;
            uwsgi_temp_path \(folder)/uwsgi;
            scgi_temp_path \(folder)/scgi;
            client_max_body_size \(bodyLimit);
            server {
                listen 127.0.0.1:\(port);
                listen 127.0.0.1:\(tlsPort) ssl;
                ssl_certificate \(certificates)/server.pem;
                ssl_certificate_key \(certificates)/server.key;
                root \(folder);
                location /files/ { dav_methods PUT DELETE; }
                location = /connection { return 200 "$connection $connection_requests"; }
            }
        }

        """
    }

    public func stop() async {
        await child.close()
        LocalSSHD.removeFolder(folder)
    }
}
