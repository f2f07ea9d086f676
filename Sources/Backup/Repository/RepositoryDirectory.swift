import Glibc
import Loop
import Vocabulary

/// A repository's directory, in blocking calls.
///
/// An object is a file that is never written in place: it is written under a hidden name in the
/// folder where it belongs, synced, and given its own name by `link`, which never replaces.
struct RepositoryDirectory: Sendable {
    let root: String

    func path(_ key: ObjectKey) -> String { "\(root)/\(key.path)" }

    func folder(of key: ObjectKey) -> String { FileCalls.folder(of: path(key)) }

    // MARK: Objects

    /// Begins an object. It may turn out to be there at the end only.
    func begin(_ key: ObjectKey) throws -> ObjectFile {
        var attempt = 1
        while true {
            do {
                guard try size(of: key) == nil else { throw RepositoryError.exists(key) }
                try make(folder(of: key))
                return try ObjectFile(of: key, in: self)
            } catch let error as SystemError where error.number == ENOENT && attempt < 5 {
                // Somebody who deleted the last object of the folder took it away: again.
                attempt += 1
            } catch let error as SystemError {
                throw trouble(error, "write \(key)")
            }
        }
    }

    func size(of key: ObjectKey) throws(RepositoryError) -> Int? {
        var information = stat()
        guard lstat(path(key), &information) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw trouble(SystemError(errno, in: "lstat"), "look at \(key)")
        }
        return information.st_mode & S_IFMT == S_IFREG ? information.st_size : nil
    }

    func delete(_ key: ObjectKey) throws(RepositoryError) {
        do throws(SystemError) {
            try unlink(path(key), in: key.parts.dropLast())
        } catch {
            throw trouble(error, "remove \(key)")
        }
    }

    /// Removes a file, if it is there. Folders come and go with what is in them.
    private func unlink(_ path: String, in folder: ArraySlice<Substring>) throws(SystemError) {
        guard Glibc.unlink(path) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw SystemError(errno, in: "unlink")
        }
        var parts = folder
        while !parts.isEmpty, rmdir("\(root)/\(parts.joined(separator: "/"))") == 0 {
            parts.removeLast()
        }
        let rest = ([root] + parts.map(String.init)).joined(separator: "/")
        do throws(SystemError) {
            try FileCalls.sync(directory: rest)
        } catch  where error.number == ENOENT {
            // Another one took the next folder away, and with it what was to be synced.
        }
    }

    // MARK: Listing

    struct Listing {
        var objects: [ListedObject] = []
        var debris: [Debris] = []
    }

    /// All objects whose keys begin with `prefix`, and what was to become others in the same
    /// folders.
    func list(_ prefix: String) throws(RepositoryError) -> Listing {
        let cut = prefix.lastIndex(of: "/").map(prefix.index(after:)) ?? prefix.startIndex
        do throws(SystemError) {
            var listing = Listing()
            var open: [String] = []
            try look(in: String(prefix[..<cut]), beginning: prefix[cut...], &listing, &open)
            while let folder = open.popLast() {
                try look(in: folder + "/", beginning: "", &listing, &open)
            }
            listing.objects.sort { $0.key < $1.key }
            return listing
        } catch {
            throw trouble(error, "list \(prefix)")
        }
    }

    private func look(
        in folder: String, beginning start: Substring, _ listing: inout Listing,
        _ open: inout [String]
    ) throws(SystemError) {
        for name in try FileCalls.names(in: "\(root)/\(folder)", hidden: true) {
            let path = folder + name
            let isDebris = ObjectFile.target(of: name) != nil
            guard isDebris || (name.hasPrefix(start) && ObjectKey.isPart(name)) else { continue }
            var information = stat()
            // It may be gone since.
            guard lstat("\(root)/\(path)", &information) == 0 else { continue }
            let modified = Timestamp(seconds: information.st_mtim.tv_sec)
            switch information.st_mode & S_IFMT {
            case S_IFDIR: if !isDebris { open.append(path) }
            case S_IFREG:
                if let target = ObjectFile.target(of: name) {
                    guard let key = ObjectKey(folder + target) else { continue }
                    listing.debris.append(
                        Debris(
                            key: key, size: information.st_size, modified: modified, token: path))
                } else if let key = ObjectKey(path) {
                    listing.objects.append(
                        ListedObject(key: key, size: information.st_size, modified: modified))
                }
            default: continue
            }
        }
    }

    func folders(in prefix: String) throws(RepositoryError) -> [String] {
        do throws(SystemError) {
            return try FileCalls.names(in: "\(root)/\(prefix)").filter { name in
                guard ObjectKey.isPart(name) else { return false }
                var information = stat()
                return lstat("\(root)/\(prefix)\(name)", &information) == 0
                    && information.st_mode & S_IFMT == S_IFDIR
            }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw trouble(error, "list \(prefix)")
        }
    }

    func remove(_ debris: Debris) throws(RepositoryError) {
        let parts = debris.token.split(separator: "/")
        // Only what a listing gave out, whoever made the value.
        guard let name = parts.last, ObjectFile.target(of: name) != nil,
            parts.dropLast().allSatisfy(ObjectKey.isPart)
        else { return }
        do throws(SystemError) {
            try unlink("\(root)/\(debris.token)", in: parts.dropLast())
        } catch {
            throw trouble(error, "remove \(debris.token)")
        }
    }

    // MARK: Folders

    private func make(_ folder: String) throws(SystemError) {
        guard access(folder, F_OK) != 0 else { return }
        var path = ""
        for part in folder.split(separator: "/") {
            let parent = path.isEmpty ? "/" : path
            path += "/\(part)"
            guard mkdir(path, 0o700) == 0 else {
                if errno == EEXIST { continue }
                var information = stat()
                // A read-only parent says that first.
                if errno != ENOENT, stat(path, &information) == 0 { continue }
                throw SystemError(errno, in: "mkdir")
            }
            // Whatever the umask takes away.
            chmod(path, 0o700)
            try FileCalls.sync(directory: parent)
        }
    }

    func trouble(_ error: SystemError, _ action: String) -> RepositoryError {
        let cause: RepositoryError.Trouble.Cause =
            switch error.number {
            case ENOSPC, EDQUOT: .full
            case EACCES, EPERM, EROFS: .denied
            case ESTALE, ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH: .passing
            default: .other
            }
        return .unavailable(
            .init(place: root, action: action, cause: cause, reason: error.reason))
    }
}
