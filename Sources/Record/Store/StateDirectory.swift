import Crypto
import Glibc
import Loop
import Vocabulary

/// A state store's directory, in blocking calls.
///
/// An object is a file that is never written in place: a new one is written beside (in `.tmp`),
/// synced, and given its name by `link`, which never replaces, or by `rename` under the lock.
/// The lock is a `flock` on `.lock`, which the kernel drops with its holder. So it is safe between
/// threads, processes and, on NFS (where the kernel makes it a lock of the server's), machines.
struct StateDirectory: Sendable {
    let root: String
    /// How long the lock is waited for.
    let patience: Duration

    private var temporaries: String { "\(root)/.tmp" }

    private func path(_ key: StateKey) -> String { "\(root)/\(key.path)" }

    private func folder(of key: StateKey) -> String {
        ([root] + key.parts.dropLast().map(String.init)).joined(separator: "/")
    }

    // MARK: Objects

    func create(_ key: StateKey, _ bytes: [UInt8]) throws -> StateVersion {
        try checkSize(of: bytes, as: key)
        var attempt = 1
        while true {
            do {
                try link(bytes, as: key)
                return StateVersion(of: bytes)
            } catch let error as SystemError where error.number == ENOENT && attempt < 3 {
                // Somebody who tidied up took the folder or the temporary file away: again.
                attempt += 1
            } catch let error as SystemError {
                throw trouble(error, "write \(path(key))")
            }
        }
    }

    private func checkSize(of bytes: [UInt8], as key: StateKey) throws(StateStoreError) {
        guard ByteCount(bytes.count) > stateObjectLimit else { return }
        throw trouble(SystemError(EFBIG, in: "write"), "write \(path(key))")
    }

    private func link(_ bytes: [UInt8], as key: StateKey) throws {
        let modes = try prepare(folder(of: key))
        let temporary = try writeTemporary(bytes, modes)
        defer { unlink(temporary) }
        if Glibc.link(temporary, path(key)) != 0 {
            guard errno == EEXIST else { throw SystemError(errno, in: "link") }
            // Over NFS a repeated request is told that its own first one was done: link(2).
            var information = stat()
            guard lstat(temporary, &information) == 0, information.st_nlink == 2 else {
                throw StateStoreError.exists(key)
            }
        }
        try FileCalls.sync(directory: folder(of: key))
    }

    func read(_ key: StateKey) throws -> StateObject? {
        do {
            var attempt = 1
            while true {
                do {
                    guard
                        let bytes = try FileCalls.contents(
                            of: path(key), atMost: stateObjectLimit, links: .refused)
                    else { return nil }
                    return StateObject(bytes: bytes, version: StateVersion(of: bytes))
                } catch  where error.number == ESTALE && attempt < 3 {
                    // Replaced by another machine between opening and reading.
                    attempt += 1
                }
            }
        } catch {
            throw trouble(error, "read \(path(key))")
        }
    }

    func replace(
        _ key: StateKey, _ bytes: [UInt8], expecting version: StateVersion
    ) throws -> StateVersion {
        try checkSize(of: bytes, as: key)
        do {
            return try locked {
                guard try read(key)?.version == version else { throw StateStoreError.changed(key) }
                let temporary = try writeTemporary(bytes, try modes())
                try FileCalls.rename(temporary, to: path(key))
                return StateVersion(of: bytes)
            }
        } catch let error as SystemError {
            throw trouble(error, "write \(path(key))")
        }
    }

    func delete(_ key: StateKey) throws {
        do {
            try locked { try remove(key) }
        } catch let error as SystemError where error.number == ENOENT || error.number == ENOTDIR {
            // Then nothing is there to be removed.
        } catch let error as SystemError {
            throw trouble(error, "remove \(path(key))")
        }
    }

    private func remove(_ key: StateKey) throws(SystemError) {
        guard unlink(path(key)) == 0 else { throw SystemError(errno, in: "unlink") }
        // Folders come and go with what is in them.
        var parts = key.parts.dropLast().map(String.init)
        while !parts.isEmpty, rmdir("\(root)/\(parts.joined(separator: "/"))") == 0 {
            parts.removeLast()
        }
        try FileCalls.sync(directory: ([root] + parts).joined(separator: "/"))
    }

    // MARK: Listing

    func keys(withPrefix prefix: String) throws -> [StateKey] {
        let cut = prefix.lastIndex(of: "/").map(prefix.index(after:)) ?? prefix.startIndex
        do {
            var found: [StateKey] = []
            var open: [String] = []
            func enter(_ folder: String, beginning start: Substring) throws {
                for name in try FileCalls.names(in: "\(root)/\(folder)")
                where name.hasPrefix(start) && StateKey.isPart(name) {
                    open.append(folder + name)
                }
            }
            try enter(String(prefix[..<cut]), beginning: prefix[cut...])
            while let path = open.popLast() {
                var information = stat()
                guard lstat("\(root)/\(path)", &information) == 0 else { continue }
                switch information.st_mode & S_IFMT {
                case S_IFDIR: try enter(path + "/", beginning: "")
                case S_IFREG: if let key = StateKey(path) { found.append(key) }
                default: continue
                }
            }
            return found.sorted()
        } catch let error as SystemError {
            throw trouble(error, "list \(root)/\(prefix)")
        }
    }

    func folders(in prefix: String) throws -> [String] {
        do {
            return try FileCalls.names(in: "\(root)/\(prefix)").filter { name in
                guard StateKey.isPart(name) else { return false }
                var information = stat()
                return lstat("\(root)/\(prefix)\(name)", &information) == 0
                    && information.st_mode & S_IFMT == S_IFDIR
            }.sorted()
        } catch {
            throw trouble(error, "list \(root)/\(prefix)")
        }
    }

    /// Removes temporary files that nobody has touched for so many seconds.
    func tidy(olderThan age: Int) throws {
        do {
            let now = time(nil)
            for name in try FileCalls.names(in: temporaries, hidden: true) {
                var information = stat()
                guard lstat("\(temporaries)/\(name)", &information) == 0 else { continue }
                if now - information.st_mtim.tv_sec >= age { unlink("\(temporaries)/\(name)") }
            }
        } catch {
            throw trouble(error, "list \(temporaries)")
        }
    }

    // MARK: The directory itself

    /// How files and folders are made: for their owner alone, and for the group too where
    /// somebody opened the directory to it (`chmod 2770`), who wants a group to share it.
    private struct Modes {
        var file: mode_t
        var folder: mode_t
    }

    private func modes() throws(SystemError) -> Modes {
        var information = stat()
        guard stat(root, &information) == 0 else { throw SystemError(errno, in: "stat") }
        let isShared = information.st_mode & 0o070 == 0o070
        return Modes(file: isShared ? 0o660 : 0o600, folder: isShared ? 0o2770 : 0o700)
    }

    /// Makes the directory and a folder in it, with all that leads to them.
    private func prepare(_ folder: String) throws -> Modes {
        for directory in [root, temporaries] where access(directory, F_OK) != 0 {
            try make(directory, mode: nil)
        }
        let modes = try modes()
        if access(folder, F_OK) != 0 { try make(folder, mode: modes.folder) }
        return modes
    }

    private func make(_ directory: String, mode: mode_t?) throws {
        var path = ""
        for part in directory.split(separator: "/") {
            let parent = path.isEmpty ? "/" : path
            path += "/\(part)"
            guard mkdir(path, 0o700) == 0 else {
                if errno == EEXIST { continue }
                var information = stat()
                if errno != ENOENT, stat(path, &information) == 0 { continue }
                throw SystemError(errno, in: "mkdir")
            }
            let isInside = path.utf8.count > root.utf8.count
            if isInside { chmod(path, try mode ?? modes().folder) }
            try FileCalls.sync(directory: parent)
        }
    }

    private func writeTemporary(_ bytes: [UInt8], _ modes: Modes) throws -> String {
        let name = "\(getpid())-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let path = "\(temporaries)/\(name)"
        if access(temporaries, F_OK) != 0 { try make(temporaries, mode: nil) }
        try FileCalls.create(path, bytes, mode: modes.file)
        return path
    }

    /// Runs `body` while no other process does the like.
    private func locked<Value>(_ body: () throws -> Value) throws -> Value {
        _ = try prepare(root)
        let descriptor = try FileCalls.open(
            "\(root)/.lock", O_RDWR | O_CREAT | O_NOFOLLOW, mode: try modes().file)
        // Closing it gives the lock back.
        defer { close(descriptor) }
        let end = ContinuousClock.now.advanced(by: patience)
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK where ContinuousClock.now < end:
                // Nothing tells when a lock is free within a time. It is held for a few
                // milliseconds, unless its holder was stopped.
                usleep(5000)
            case EWOULDBLOCK:
                throw StateStoreError.unavailable(
                    .init(
                        place: root, action: "lock \(root)/.lock", cause: .busy,
                        reason: "another process holds it since more than \(patience.brief)"))
            default: throw SystemError(errno, in: "flock")
            }
        }
        return try body()
    }

    private func trouble(_ error: SystemError, _ action: String) -> StateStoreError {
        let cause: StateStoreError.Trouble.Cause =
            switch error.number {
            case ENOSPC, EDQUOT: .full
            case EACCES, EPERM, EROFS: .denied
            default: .other
            }
        return .unavailable(
            .init(place: root, action: action, cause: cause, reason: error.reason))
    }
}

extension StateVersion {
    /// Of its contents, as the ETag of S3 is: what is equal is one version.
    fileprivate init(of bytes: [UInt8]) {
        self.init(tag: SHA256.hash(data: bytes).hexadecimal)
    }
}
