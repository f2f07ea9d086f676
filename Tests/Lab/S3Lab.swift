internal import Glibc
internal import Loop
internal import Synchronization

/// SeaweedFS as a child process on loopback: S3 with signatures checked, over TLS by an authority
/// of its own and over plain HTTP. It ends with `stop()` or with this process.
public final class S3Lab: Sendable {
    public struct NotAvailable: Error, CustomStringConvertible {
        public let description: String
    }

    public static let accessKey = "AKIAFINFLOWLAB000001"
    public static let secret = "lab/secret+of=nobody"
    /// May read and list, and write nothing.
    public static let readingAccessKey = "AKIAFINFLOWLAB000002"
    public static let region = "us-east-1"

    /// `https://localhost:PORT`
    public let endpoint: String
    /// `https://s3.localhost:PORT`: below this name each bucket has a host. Few but curl know such
    /// names without being told.
    public let hostedEndpoint: String
    /// The same server without TLS: `http://127.0.0.1:PORT`.
    public let plainEndpoint: String
    /// A PEM file with the authority that its certificate is from.
    public var authority: String { "\(folder)/ca.pem" }
    /// Its data, keys and log; removed by `stop()`.
    public let folder: String
    private let ports: Ports
    private let child: ChildProcess

    private init(folder: String, ports: Ports, child: ChildProcess) {
        self.folder = folder
        self.ports = ports
        self.child = child
        endpoint = "https://localhost:\(ports.secure)"
        hostedEndpoint = "https://s3.localhost:\(ports.secure)"
        plainEndpoint = "http://127.0.0.1:\(ports.plain)"
    }

    /// The one that this process's tests share: each has a bucket of its own.
    public static var shared: S3Lab {
        get async throws { try await common.value }
    }

    private static let common = Task {
        let server = try await start()
        left.withLock { $0 = (server.folder, server.child.id) }
        // It ends with this process; what it has written does not.
        atexit {
            guard let (folder, process) = S3Lab.left.withLock({ $0 }) else { return }
            Glibc.kill(process, SIGKILL)
            LocalSSHD.removeFolder(folder)
        }
        return server
    }

    private static let left = Mutex<(folder: String, process: Int32)?>(nil)

    /// Starts one and returns when it answers.
    public static func start() async throws -> S3Lab {
        if let obstacle = await obstacle { throw NotAvailable(description: obstacle) }
        let folder = try LocalSSHD.makeFolder()
        try await makeCertificate(in: folder)
        try LocalSSHD.write(identities, to: "\(folder)/ids.json")
        return try await start(in: folder)
    }

    /// Starts one on what another, which was killed, has left.
    public func restart() async throws -> S3Lab {
        let child = try await Self.spawn(folder, ports)
        return S3Lab(folder: folder, ports: ports, child: child)
    }

    /// Ends the server and removes its folder.
    public func stop() async {
        await child.close()
        LocalSSHD.removeFolder(folder)
    }

    /// Ends the server at once; what it had acknowledged lies in its folder.
    public func kill() async {
        await child.close()
    }
}

// MARK: Whether there can be one

extension S3Lab {
    /// Why there can be no S3 server here; `nil` when there can. Installs it the first time.
    public static var obstacle: String? {
        get async {
            switch await environment.value {
            case .success: nil
            case .failure(let error): error.description
            }
        }
    }

    /// A program of the environment in which the server is installed, next to it: `python`.
    public static func program(_ name: String) async throws -> String {
        "\(try await environment.value.get())/bin/\(name)"
    }

    private static let environment = Task<Result<String, NotAvailable>, Never> {
        let script = "\(#filePath.dropLast("S3Lab.swift".count))Scripts/s3.sh"
        do {
            let answer = try await ChildProcess.collect(Command("/bin/sh", [script]))
            guard answer.exit.isSuccess else {
                return .failure(NotAvailable(description: "no SeaweedFS: \(answer.errorText)"))
            }
            return .success(answer.outputText.filter { $0 != "\n" })
        } catch {
            return .failure(NotAvailable(description: "no SeaweedFS: \(error)"))
        }
    }
}

// MARK: Starting

extension S3Lab {
    struct Ports: Sendable {
        var master: UInt16
        var volume: UInt16
        var filer: UInt16
        var plain: UInt16
        var secure: UInt16
        var admin: UInt16
    }

    private static let identities = """
        {"identities": [
          {"name": "lab", "credentials": [{"accessKey": "\(accessKey)", "secretKey": "\(secret)"}],
           "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
          {"name": "reader",
           "credentials": [{"accessKey": "\(readingAccessKey)", "secretKey": "\(secret)"}],
           "actions": ["Read", "List"]}
        ]}
        """

    private static func start(in folder: String) async throws -> S3Lab {
        // Another process may take a port between the look and the start: then it ends.
        for _ in 0..<4 {
            let ports = try freePorts()
            if let child = try? await spawn(folder, ports) {
                return S3Lab(folder: folder, ports: ports, child: child)
            }
        }
        let child = try await spawn(folder, try freePorts())
        await child.close()
        throw NotAvailable(description: "SeaweedFS does not start; see \(folder)")
    }

    private static func spawn(_ folder: String, _ ports: Ports) async throws -> ChildProcess {
        var environment = ["WEED_S3_SSE_KEY": "lab", "GOMEMLIMIT": "400MiB", "HOME": folder]
        environment["PATH"] = getenv("PATH").map { String(cString: $0) }
        mkdir("\(folder)/data", 0o700)
        let child = try await ChildProcess.spawn(
            Command(
                try await program("weed"), arguments(folder, ports), environment: environment,
                directory: folder))
        try await waitUntilReady(child)
        // Its log must be read, or it stops when the pipe is full.
        Task { while try await child.read() != nil {} }
        return child
    }

    private static func arguments(_ folder: String, _ ports: Ports) -> [String] {
        [
            "mini", "-dir=\(folder)/data", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            "-master.port=\(ports.master)", "-volume.port=\(ports.volume)", "-volume.max=2000",
            "-filer.port=\(ports.filer)", "-s3.port=\(ports.plain)",
            "-s3.port.https=\(ports.secure)", "-s3.cert.file=\(folder)/server.pem",
            "-s3.key.file=\(folder)/server.key", "-s3.config=\(folder)/ids.json",
            "-s3.autoCreateBucket=false", "-s3.domainName=s3.localhost", "-s3.port.iceberg=0",
            "-s3.port.lance=0", "-webdav=false", "-admin.ui=false", "-admin.port=\(ports.admin)",
        ]
    }

    private static func waitUntilReady(_ child: ChildProcess) async throws {
        var log = ""
        while let chunk = try await child.read() {
            switch chunk {
            case .output(let bytes), .error(let bytes):
                log += String(decoding: bytes, as: UTF8.self)
            }
            if log.contains("ready to use") { return }
        }
        throw NotAvailable(description: "SeaweedFS: \(log.suffix(2000))")
    }

    private static func makeCertificate(in folder: String) async throws {
        let script = """
            set -e
            cd "$0"
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
                -subj '/CN=finflow lab authority' -addext basicConstraints=critical,CA:TRUE \
                -keyout ca.key -out ca.pem
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
                -keyout server.key -out server.csr
            echo 'subjectAltName=DNS:localhost,DNS:s3.localhost,DNS:*.s3.localhost,IP:127.0.0.1' >server.ext
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 \
                -extfile server.ext -out server.pem
            """
        let result = try await ChildProcess.collect(Command("/bin/sh", ["-c", script, folder]))
        guard result.exit.isSuccess else {
            throw NotAvailable(description: "openssl: \(result.errorText)")
        }
    }

    /// Its gRPC ports are those of HTTP and 10,000 more.
    private static func freePorts() throws -> Ports {
        var found: [UInt16] = []
        while found.count < 6 {
            let port = UInt16.random(in: 10_000..<22_000)
            guard !found.contains(port), isFree(port), isFree(port + 10_000) else { continue }
            found.append(port)
        }
        return Ports(
            master: found[0], volume: found[1], filer: found[2], plain: found[3],
            secure: found[4], admin: found[5])
    }

    private static func isFree(_ port: UInt16) -> Bool {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { return false }
        defer { close(number) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = port.bigEndian
        inet_pton(AF_INET, "127.0.0.1", &name.sin_addr)
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
