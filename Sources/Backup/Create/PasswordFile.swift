import Glibc
public import Loop
public import Vocabulary

/// A password for the programs of PostgreSQL, in a file in memory that only its owner can read
/// (PostgreSQL 15, 34.16): what stands in arguments or in an environment others can see.
///
/// The file is there for as long as the last value of this type is; what a killed process has
/// left is swept away by the next one.
public final class PasswordFile: Sendable {
    /// For PGPASSFILE.
    public let path: String
    private let directory: String

    private static let prefix = "finflow-pgpass."
    static let action = "making a file for a password"

    /// - Throws: `SystemError` where no memory can be written to.
    public convenience init(_ password: Sensitive<String>) async throws(SystemError) {
        let made = try await BlockingPool.shared.run { () throws(SystemError) in
            try Self.make(password)
        }
        self.init(directory: made)
    }

    private init(directory: String) {
        self.directory = directory
        path = "\(directory)/pgpass"
    }

    deinit {
        unlink(path)
        rmdir(directory)
    }

    private static func make(_ password: Sensitive<String>) throws(SystemError) -> String {
        let runtime = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) }
        let places = [runtime, "/dev/shm"].compactMap(\.self)
        guard let place = places.first(where: isMemory) else {
            throw SystemError(ENOENT, in: "\(action) in $XDG_RUNTIME_DIR or /dev/shm")
        }
        sweep(place)
        var template = Array("\(place)/\(prefix)\(getpid()).XXXXXX".utf8CString)
        // Made with mode 0700.
        guard mkdtemp(&template) != nil else { throw SystemError(errno, in: "mkdtemp") }
        let directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do throws(SystemError) {
            try password.withExposed { (password) throws(SystemError) in
                // For whatever server and database: it is given to programs that are told which.
                try FileCalls.create(
                    "\(directory)/pgpass", Array("*:*:*:*:\(escaped(password))\n".utf8),
                    mode: 0o600)
            }
        } catch {
            rmdir(directory)
            throw error
        }
        return directory
    }

    private static func escaped(_ password: String) -> String {
        password.replacing("\\", with: "\\\\").replacing(":", with: "\\:")
    }

    /// Whether what is written to a directory stays in memory, and we can write there.
    private static func isMemory(_ path: String) -> Bool {
        guard path.hasPrefix("/"), access(path, W_OK | X_OK) == 0,
            let resolved = realpath(path, nil)
        else { return false }
        defer { free(resolved) }
        let kind = fileSystem(of: String(cString: resolved))
        return kind == "tmpfs" || kind == "ramfs"
    }

    /// The type of the file system that a path is on: of the last and longest mount that it lies
    /// in (proc_pid_mounts(5)).
    private static func fileSystem(of path: String) -> String? {
        guard let bytes = try? FileCalls.contents(of: "/proc/self/mounts", atMost: .mebibytes(4))
        else { return nil }
        var best: (length: Int, kind: String)?
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2 else { continue }
            let point = fields[1] == "/" ? "/" : fields[1] + "/"
            guard "\(path)/".hasPrefix(point), point.count >= best?.length ?? 0 else { continue }
            best = (point.count, String(fields[2]))
        }
        return best?.kind
    }

    /// Those of our own whose process is gone.
    private static func sweep(_ place: String) {
        for name in (try? FileCalls.names(in: place)) ?? [] where name.hasPrefix(prefix) {
            let parts = name.dropFirst(prefix.count).split(separator: ".")
            guard let process = parts.first.flatMap({ Int32($0) }), kill(process, 0) != 0,
                errno == ESRCH
            else { continue }
            let path = "\(place)/\(name)"
            var information = stat()
            guard lstat(path, &information) == 0, information.st_uid == geteuid() else { continue }
            unlink("\(path)/pgpass")
            rmdir(path)
        }
    }
}
