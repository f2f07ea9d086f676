internal import Glibc
internal import Loop

/// Debian's PostgreSQL as a child process on 127.0.0.1, with a cluster of its own in a temporary
/// directory. It ends with `stop()` or with this process, and leaves nothing behind.
///
/// PostgreSQL refuses to be run by root: there it runs as the user `postgres`.
public final class PostgresLab: Sendable {
    public struct NotAvailable: Error, CustomStringConvertible {
        public let description: String
    }

    /// What a server is started with.
    public struct Options: Sendable {
        /// Lines of postgresql.conf, which win over the fixture's own.
        public var settings: [String]
        /// Lines of pg_hba.conf.
        public var access: [String]
        /// Beside its configuration, by name, for nobody else to read: keys and certificates.
        public var files: [String: String]
        /// A crash of this machine loses what was committed; for tests it is faster.
        public var isDurable: Bool
        /// It recovers for ever, and never takes a connection.
        public var isRecovering: Bool

        public init(
            settings: [String] = [],
            access: [String] = ["local all all trust", "host all all 127.0.0.1/32 trust"],
            files: [String: String] = [:], isDurable: Bool = false, isRecovering: Bool = false
        ) {
            self.settings = settings
            self.access = access
            self.files = files
            self.isDurable = isDurable
            self.isRecovering = isRecovering
        }
    }

    public static let programs = "/usr/lib/postgresql/15/bin"
    /// The superuser of every server; `trust` lets it in without a password.
    public static let superuser = "postgres"

    /// Why there can be no server here; `nil` when there can.
    public static var obstacle: String? {
        for program in ["postgres", "initdb"] where access("\(programs)/\(program)", X_OK) != 0 {
            return "no \(programs)/\(program) (package postgresql-15)"
        }
        guard getuid() == 0 else { return nil }
        return getpwnam("postgres") == nil ? "no user postgres to run it as" : nil
    }

    public let port: UInt16
    /// Holds the UNIX socket, and what tests put there for the server; removed by `stop()`.
    public let folder: String
    private let child: ChildProcess

    private init(port: UInt16, folder: String, child: ChildProcess) {
        self.port = port
        self.folder = folder
        self.child = child
    }

    /// Starts one and returns when it takes connections.
    public static func start(_ options: Options = Options()) async throws -> PostgresLab {
        if let obstacle { throw NotAvailable(description: obstacle) }
        let folder = try LocalSSHD.makeFolder()
        do {
            try await PostgresTemplate.copy(to: "\(folder)/data")
            try giveAway(folder)
            return try await start(options, in: folder)
        } catch {
            LocalSSHD.removeFolder(folder)
            throw error
        }
    }

    private static let one = Task { try await start() }

    /// One for all tests of this process that do not break it.
    public static func shared() async throws -> PostgresLab { try await one.value }

    /// Ends the server and its sessions at once, and removes its folder.
    public func stop() async {
        await child.closeInput()
        // The shell behind it does the rest, also when this task has been cancelled.
        await Task { [child] in _ = try? await child.exit() }.value
        await child.close()
    }

    /// The server's first process, from which all others come.
    public var postmaster: Int32 {
        get throws {
            let text = try LocalSSHD.read("\(folder)/data/postmaster.pid")
            guard let id = text.split(separator: "\n").first.flatMap({ Int32($0) }) else {
                throw NotAvailable(description: "no process in postmaster.pid")
            }
            return id
        }
    }
}

// MARK: Starting

extension PostgresLab {
    private static func start(_ options: Options, in folder: String) async throws -> PostgresLab {
        if options.isRecovering { try place("", at: "\(folder)/data/standby.signal") }
        try place(
            options.access.joined(separator: "\n") + "\n", at: "\(folder)/data/pg_hba.conf")
        for (name, text) in options.files {
            try place(text, at: "\(folder)/data/\(name)")
            chmod("\(folder)/data/\(name)", 0o600)
        }
        // Another process may take the port between the look and the start: then it ends.
        for _ in 0..<5 {
            let port = try LocalSSHD.freePort(on: "127.0.0.1")
            try place(
                configuration(options, port, folder),
                at: "\(folder)/data/postgresql.auto.conf")
            let child = try await ChildProcess.spawn(
                // Its keeper must outlive this process, if only by what tidying up takes.
                Command("setpriv", ["--pdeathsig", "clear", "sh", "-c", keeper, "sh", folder]))
            if try await waitUntilReady(child, options) {
                // Its log must be read, or it stops when the pipe is full.
                Task { while try await child.read() != nil {} }
                return PostgresLab(port: port, folder: folder, child: child)
            }
            await child.close()
        }
        throw NotAvailable(description: "postgres does not start; see \(folder)")
    }

    private static func configuration(
        _ options: Options, _ port: UInt16, _ folder: String
    ) -> String {
        let lines =
            [
                "listen_addresses = '127.0.0.1'", "port = \(port)",
                "unix_socket_directories = '\(folder)'",
                // What a killed server would leave behind lies in its folder.
                "dynamic_shared_memory_type = mmap",
                "shared_buffers = 32MB", "max_wal_size = 256MB", "log_checkpoints = off",
            ]
            + (options.isDurable
                ? [] : ["fsync = off", "synchronous_commit = off", "full_page_writes = off"])
            + (options.isRecovering ? ["hot_standby = off"] : []) + options.settings
        return lines.joined(separator: "\n") + "\n"
    }

    /// Ends the server when its standard input ends, which this process holds: then its shared
    /// memory, if it was killed, and its folder.
    private static let keeper = """
        cd "$1" || exit
        \(asServer) --pdeathsig QUIT \(programs)/postgres -D "$1/data" &
        cat >/dev/null
        memory=$(sed -n 7p data/postmaster.pid 2>/dev/null | awk '{ print $2 }')
        kill -QUIT $!
        wait $!
        [ -z "$memory" ] || ipcrm -m "$memory" 2>/dev/null
        cd / && rm -rf -- "$1"
        """

    /// What a program of the server's is run by.
    static var asServer: String {
        getuid() == 0
            ? "setpriv --reuid postgres --regid postgres --init-groups" : "setpriv"
    }

    private static func waitUntilReady(
        _ child: ChildProcess, _ options: Options
    ) async throws -> Bool {
        let sign =
            options.isRecovering ? "entering standby mode" : "is ready to accept connections"
        var log = ""
        while case .error(let bytes)? = try await child.read() {
            log += String(decoding: bytes, as: UTF8.self)
            if log.contains(sign) { return true }
            // The keeper waits for its input's end.
            if log.contains("FATAL:") { break }
        }
        guard log.contains("Address already in use") else {
            throw NotAvailable(description: "postgres: \(log)")
        }
        return false
    }

    private static func place(_ text: String, at path: String) throws {
        try LocalSSHD.write(text, to: path)
        try giveAway(path)
    }

    /// Gives a file to the user who runs servers.
    static func giveAway(_ path: String) throws {
        guard getuid() == 0, let user = getpwnam("postgres") else { return }
        guard chown(path, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
            throw SystemError(errno, in: "chown")
        }
    }
}
