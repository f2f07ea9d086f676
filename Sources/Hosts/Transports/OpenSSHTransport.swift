internal import Glibc
public import Loop

/// A host through the system's `ssh` program, for what the own client cannot do: RSA keys,
/// certificates, FIDO keys, ProxyCommand.
///
/// One process holds the connection, and each program is a further one that shares it over a
/// control socket in a private directory. All of them end with this process.
public actor OpenSSHTransport: Transport {
    public nonisolated let loop: EventLoop
    private nonisolated let target: OpenSSHTarget
    private nonisolated let directory: String
    private let master: ChildProcess
    private var isClosed = false
    /// Why there is no connection any more.
    private var failure: HostError?
    private var watch: Task<Void, Never>?
    private var complaint: [UInt8] = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        loop.asUnownedSerialExecutor()
    }

    /// - Throws: ``HostError``, `CancellationError`.
    public static func connect(to target: OpenSSHTarget) async throws -> OpenSSHTransport {
        let loop = EventLoops.shared.next()
        let directory = try makePrivateDirectory()
        do {
            let words = target.masterWords(socket: "\(directory)/socket")
            let master = try await start(words, on: loop)
            let transport = OpenSSHTransport(target, directory, master, loop)
            do {
                try await transport.awaitConnection()
                return transport
            } catch {
                await transport.close()
                throw error
            }
        } catch {
            removePrivateDirectory(directory)
            throw error
        }
    }

    private init(
        _ target: OpenSSHTarget, _ directory: String, _ master: ChildProcess, _ loop: EventLoop
    ) {
        self.target = target
        self.directory = directory
        self.master = master
        self.loop = loop
    }

    public nonisolated var isRoot: Bool { target.user == "root" }

    public func open(_ words: [String]) async throws -> any ByteChannel {
        if let failure { throw failure }
        let command = words.map(\.shellQuoted).joined(separator: " ")
        let channel = try await Self.start(
            target.sessionWords(socket: "\(directory)/socket", command), on: loop)
        return OpenSSHChannel(process: channel, transport: self)
    }

    public func close() async {
        guard !isClosed else { return }
        isClosed = true
        failure = failure ?? .disconnected("it was closed")
        watch?.cancel()
        // SIGTERM lets it close the connection and remove its socket.
        await master.stop()
        removePrivateDirectory(directory)
    }

    private static func start(_ words: [String], on loop: EventLoop) async throws -> ChildProcess {
        do {
            return try await ChildProcess.spawn(Command("ssh", words), on: loop)
        } catch let error as SystemError {
            throw HostError.protocolViolation("`ssh` cannot be started: \(error)")
        }
    }
}

// MARK: The master

extension OpenSSHTransport {
    private func awaitConnection() async throws {
        var said: [UInt8] = []
        let announcement = Array("\(OpenSSHTarget.announcement)\n".utf8)
        while true {
            switch try await master.read() {
            case .output(let bytes):
                said += bytes
                if said.suffix(announcement.count) == announcement[...] {
                    watch = Task { await watchMaster() }
                    return
                }
            case .error(let bytes): complaint += bytes
            case nil:
                throw HostError(
                    complaint: String(decoding: complaint, as: UTF8.self), of: target.host)
            }
        }
    }

    /// Reads what it says until it ends: that is how a lost connection is learned.
    private func watchMaster() async {
        complaint = []
        while let chunk = try? await master.read() {
            if case .error(let bytes) = chunk { complaint = (complaint + bytes).suffix(4096) }
        }
        let said = String(decoding: complaint, as: UTF8.self).lastLines
        failure = failure ?? .disconnected(said.isEmpty ? "ssh ended" : said)
    }

    /// A program's `ssh` ended with an error of its own: is it the connection that ended? The
    /// master, which knows, may take a moment to end, too.
    func connectionLoss() async throws -> HostError? {
        if let failure { return failure }
        do {
            let master = master
            _ = try await withTimeout(.seconds(1)) { try await master.exit() }
        } catch is TimeoutError {
            return nil
        }
        await watch?.value
        return failure
    }
}

private func makePrivateDirectory() throws -> String {
    // A socket's path has at most 107 bytes: no deep directory will do.
    var template = Array("/tmp/finflow-ssh-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
        throw HostError.protocolViolation(
            "no directory can be made in /tmp: \(SystemError(errno, in: "mkdtemp"))")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func removePrivateDirectory(_ path: String) {
    unlink("\(path)/socket")
    rmdir(path)
}
