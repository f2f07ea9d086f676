internal import Glibc
internal import Loop

/// Debian's sshd as a child process on a loopback address, with keys and files of its own in a
/// temporary directory. It ends with `stop()` or with this process.
public final class LocalSSHD: Sendable {
    public struct NotAvailable: Error, CustomStringConvertible {
        public let description: String
    }

    public static let program = "/usr/sbin/sshd"

    /// Why there can be no sshd here; `nil` when there can.
    public static var obstacle: String? {
        if access(program, X_OK) != 0 { return "no \(program) (package openssh-server)" }
        guard getuid() != 0 else { return nil }
        // Without root it lets in the user who runs it and nobody else, by that user's shell.
        guard let entry = getpwuid(getuid()) else { return "user \(getuid()) has no account" }
        let shell = String(cString: entry.pointee.pw_shell)
        let isShell = access(shell, X_OK) == 0 && !shell.hasSuffix("/nologin")
        guard isShell, !shell.hasSuffix("/false") else {
            return "user \(String(cString: entry.pointee.pw_name)) has the shell \(shell)"
        }
        return nil
    }

    public let address: String
    public let port: UInt16
    /// Keys, known_hosts and configuration; removed by `stop()`.
    public let folder: String
    /// The user whose keys are accepted: the one who runs this.
    public let user: String
    private let child: ChildProcess

    public var clientKey: String { "\(folder)/client_ed25519" }
    /// Knows this server by all of its keys.
    public var knownHosts: String { "\(folder)/known_hosts" }
    public var hostKey: String { "\(folder)/host_ed25519" }

    private init(
        address: String, port: UInt16, folder: String, user: String, child: ChildProcess
    ) {
        self.address = address
        self.port = port
        self.folder = folder
        self.user = user
        self.child = child
    }

    /// Starts one and returns when it listens.
    ///
    /// - Parameters:
    ///   - settings: Lines of sshd_config that stand before the fixture's own and so win.
    ///   - hostKeyTypes: Of ssh-keygen: `ed25519`, `ecdsa`, `rsa`.
    public static func start(
        address: String = "127.0.0.1", settings: [String] = [],
        hostKeyTypes: [String] = ["ed25519", "ecdsa"]
    ) async throws -> LocalSSHD {
        if let obstacle { throw NotAvailable(description: obstacle) }
        // Where sshd's privilege separation happens; the service's start makes it otherwise.
        if getuid() == 0 { mkdir("/run/sshd", 0o755) }
        let folder = try makeFolder()
        for type in hostKeyTypes { try await makeKey("\(folder)/host_\(type)", type: type) }
        try await makeKey("\(folder)/client_ed25519")
        try copy("\(folder)/client_ed25519.pub", to: "\(folder)/authorized_keys")
        // Another process may take the port between the look and the start: then sshd ends.
        for _ in 0..<5 {
            let port = try freePort(on: address)
            let configuration = configuration(
                address, port, folder, settings: settings, hostKeyTypes: hostKeyTypes)
            try write(configuration, to: "\(folder)/sshd_config")
            try writeKnownHosts(folder, address, port, hostKeyTypes)
            let child = try await ChildProcess.spawn(
                Command(program, ["-D", "-e", "-f", "\(folder)/sshd_config"]))
            if try await waitUntilListening(child) {
                // Its log must be read, or it stops when the pipe is full.
                Task { while try await child.read() != nil {} }
                return LocalSSHD(
                    address: address, port: port, folder: folder, user: userName(), child: child)
            }
            await child.close()
        }
        throw NotAvailable(description: "sshd does not start; see \(folder)")
    }

    /// Ends the server, its connections' processes with it, and removes the folder.
    public func stop() async {
        await kill()
        Self.removeFolder(folder)
    }

    /// Ends the server and its connections at once.
    public func kill() async {
        // A connection's processes lead sessions of their own: they are found as children.
        let children = Self.descendants(of: child.id)
        await child.close()
        for process in children { Glibc.kill(process, SIGKILL) }
    }

    /// Stops all connections' processes: the host has become silent. `kill()` ends it.
    public func freeze() {
        for process in Self.descendants(of: child.id) { Glibc.kill(process, SIGSTOP) }
    }

    /// Ends all connections at once; the server goes on listening.
    public func cutConnections() {
        for process in Self.descendants(of: child.id) { Glibc.kill(process, SIGKILL) }
    }

    public func authorize(publicKey path: String) throws {
        let line = try Self.read(path)
        try Self.write(
            try Self.read("\(folder)/authorized_keys") + line, to: "\(folder)/authorized_keys")
    }

    /// Makes a key pair at `path`.
    public static func makeKey(
        _ path: String, type: String = "ed25519", passphrase: String = ""
    ) async throws {
        let result = try await ChildProcess.collect(
            Command("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "lab", "-f", path]))
        guard result.exit.isSuccess else {
            throw NotAvailable(description: "ssh-keygen: \(result.errorText)")
        }
    }
}

// MARK: Starting

extension LocalSSHD {
    private static func configuration(
        _ address: String, _ port: UInt16, _ folder: String, settings: [String],
        hostKeyTypes: [String]
    ) -> String {
        let lines =
            settings + hostKeyTypes.map { "HostKey \(folder)/host_\($0)" } + [
                "ListenAddress \(address):\(port)",
                "AuthorizedKeysFile \(folder)/authorized_keys",
                "PidFile none",
                "PermitRootLogin prohibit-password",
                "PasswordAuthentication no",
                "UsePAM no",
                "StrictModes no",
                "MaxStartups 200",
                "UseDNS no",
                "LogLevel INFO",
                // A shell below another one: bash then leaves the user's ~/.bashrc alone, which
                // on a developer's machine may take a quarter of a second.
                "SetEnv SHLVL=5",
            ]
        let hasSubsystem = settings.contains { $0.hasPrefix("Subsystem") }
        return (lines + (hasSubsystem ? [] : ["Subsystem sftp internal-sftp"]))
            .joined(separator: "\n") + "\n"
    }

    private static func waitUntilListening(_ child: ChildProcess) async throws -> Bool {
        var log = ""
        while case .error(let bytes)? = try await child.read() {
            log += String(decoding: bytes, as: UTF8.self)
            if log.contains("Server listening on") { return true }
        }
        guard log.contains("Bind to port") || log.contains("Address already in use") else {
            throw NotAvailable(description: "sshd: \(log)")
        }
        return false
    }

    private static func writeKnownHosts(
        _ folder: String, _ address: String, _ port: UInt16, _ hostKeyTypes: [String]
    ) throws {
        let lines = try hostKeyTypes.map { type in
            "[\(address)]:\(port) \(try read("\(folder)/host_\(type).pub"))"
        }
        try write(lines.joined(), to: "\(folder)/known_hosts")
    }

    static func freePort(on address: String) throws -> UInt16 {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { throw SystemError(errno, in: "socket") }
        defer { close(number) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        inet_pton(AF_INET, address, &name.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(number, name, length) == 0 ? getsockname(number, name, &length) : -1
            }
        }
        guard result == 0 else { throw SystemError(errno, in: "bind") }
        return UInt16(bigEndian: name.sin_port)
    }

    private static func userName() -> String {
        getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? "root"
    }

    private static func descendants(of process: Int32) -> [Int32] {
        let path = "/proc/\(process)/task/\(process)/children"
        let children = ((try? read(path)) ?? "").split(separator: " ").compactMap { Int32($0) }
        return children.flatMap { [$0] + descendants(of: $0) }
    }
}

// MARK: Files

extension LocalSSHD {
    public static func makeFolder() throws -> String {
        var template = Array("/tmp/finflow-lab-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError(errno, in: "mkdtemp") }
        return String(decoding: template.dropLast().map { UInt8($0) }, as: UTF8.self)
    }

    /// Removes a folder with all that is in it.
    public static func removeFolder(_ path: String) {
        removeTree(path)
    }

    public static func read(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw SystemError(errno, in: "fopen") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = getc(file), byte != EOF { bytes.append(UInt8(byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    public static func write(_ text: String, to path: String) throws {
        guard let file = fopen(path, "w") else { throw SystemError(errno, in: "fopen") }
        defer { fclose(file) }
        let bytes = Array(text.utf8)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
            throw SystemError(errno, in: "fwrite")
        }
    }

    private static func copy(_ from: String, to path: String) throws {
        try write(read(from), to: path)
    }
}

private func removeTree(_ path: String) {
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard name != ".", name != ".." else { continue }
        let child = "\(path)/\(name)"
        if unlink(child) != 0 { removeTree(child) }
    }
    closedir(folder)
    rmdir(path)
}
