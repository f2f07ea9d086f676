import Glibc
import Loop
public import Vocabulary

/// A directory in memory that only its owner can enter, for a text that must never get to a
/// disk. Who makes one takes it away in every ending; what a killed process left is swept away
/// by the next one.
public struct PrivateMemory: Sendable {
    public let directory: String

    private static let prefix = "finflow-edit."
    /// Of what is left there on purpose, and not swept away.
    private static let prefixOfLeft = "finflow-unsaved."

    /// - Throws: where the machine has no such place.
    public init(environment: (String) -> String?) throws(Diagnostic) {
        let places = [environment("XDG_RUNTIME_DIR"), "/dev/shm"].compactMap(\.self)
        guard let place = places.first(where: Self.isMemory) else {
            throw Diagnostic(
                .editFailed, "there is no place in memory for the text",
                help: "A tmpfs is needed that you can write to: $XDG_RUNTIME_DIR or /dev/shm. "
                    + "`finflowctl secrets set` needs none.")
        }
        Self.sweep(place)
        var template = Array("\(place)/\(Self.prefix)\(getpid()).XXXXXX".utf8CString)
        // Made with mode 0700.
        guard mkdtemp(&template) != nil else {
            throw SystemError(errno, in: "mkdtemp").diagnostic(place, "written to")
        }
        directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Takes it away with all that is in it, such as what an editor leaves.
    public func remove() { Self.remove(directory) }

    /// Leaves an edit there that could be kept nowhere else, until the machine restarts or the
    /// user logs out.
    ///
    /// - Returns: where.
    public func leave(_ edit: UnsavedEdit) -> String {
        let name = "unsaved-edit"
        let isWritten = (try? write(edit.bytes(), to: name)) != nil
        let parent = FileCalls.folder(of: directory)
        let ending = directory.dropFirst("\(parent)/\(Self.prefix)".count)
        let left = "\(parent)/\(Self.prefixOfLeft)\(ending)"
        let place = rename(directory, left) == 0 ? left : directory
        return isWritten ? "\(place)/\(name)" : place
    }

    /// Takes away what ``leave(_:)`` has left a file in, once that is gone.
    static func forget(_ directory: String) {
        let name = directory.split(separator: "/").last ?? ""
        if name.hasPrefix(prefixOfLeft) { remove(directory) }
    }

    /// A new file in it, mode 0600.
    public func write(_ text: Sensitive<[UInt8]>, to name: String) throws -> String {
        let path = "\(directory)/\(name)"
        unlink(path)
        do {
            try text.withExposed { try FileCalls.create(path, $0, mode: 0o600) }
        } catch let error as SystemError {
            throw error.diagnostic(path, "written")
        }
        return path
    }

    public func read(_ path: String) throws -> Sensitive<[UInt8]> {
        do {
            guard let bytes = try SecretsStore.bytes(of: path) else {
                throw SystemError(ENOENT, in: "open")
            }
            return Sensitive(bytes)
        } catch let error as SystemError {
            throw error.diagnostic(path, "read")
        }
    }

    /// Whether what is in a directory stays in memory, and we can write there.
    private static func isMemory(_ path: String) -> Bool {
        guard path.hasPrefix("/"), access(path, W_OK | X_OK) == 0,
            let resolved = realpath(path, nil)
        else { return false }
        defer { free(resolved) }
        let kind = fileSystem(of: String(cString: resolved))
        return kind == "tmpfs" || kind == "ramfs"
    }

    /// The type of the file system that a path is on: of the last and longest mount that it lies
    /// in (proc_pid_mountinfo(5) has spaces as `\040`, which no such place has).
    private static func fileSystem(of path: String) -> String? {
        guard let bytes = try? SecretsStore.bytes(of: "/proc/self/mounts") else { return nil }
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
        for name in (try? FileCalls.names(in: place)) ?? [] {
            let parts = name.dropFirst(prefix.count).split(separator: ".")
            guard name.hasPrefix(prefix), parts.count == 2, let process = Int32(parts[0]),
                kill(process, 0) != 0, errno == ESRCH
            else { continue }
            let path = "\(place)/\(name)"
            var information = stat()
            if lstat(path, &information) == 0, information.st_uid == geteuid() { remove(path) }
        }
    }

    private static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        for name in (try? FileCalls.names(in: path, hidden: true)) ?? [] {
            remove("\(path)/\(name)")
        }
        rmdir(path)
    }
}
