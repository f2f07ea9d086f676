import Glibc
import Loop

/// An object of a directory while it is written, under a hidden name beside its own:
/// `.manifest.json.k3f9q2x7b.part`. Its calls run on the blocking pool.
actor ObjectFile {
    private nonisolated let lane = BlockingLane()
    private let directory: RepositoryDirectory
    private let key: ObjectKey
    private let temporary: String
    private var descriptor: Int32?
    private var digest = RunningDigest()

    private static let ending = ".part"

    /// Blocks.
    init(of key: ObjectKey, in directory: RepositoryDirectory) throws(SystemError) {
        self.directory = directory
        self.key = key
        let mark = String(UInt64.random(in: .min ... .max), radix: 36)
        temporary = "\(directory.folder(of: key))/.\(key.name).\(mark)\(Self.ending)"
        let descriptor = try FileCalls.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW)
        self.descriptor = descriptor
        fchmod(descriptor, 0o600)
    }

    deinit {
        guard let descriptor else { return }
        close(descriptor)
        unlink(temporary)
    }

    /// The name of the object that a file was to become; `nil` for the name of anything else.
    static func target(of name: some StringProtocol) -> String? {
        guard name.hasPrefix("."), name.hasSuffix(ending) else { return nil }
        let middle = name.dropFirst().dropLast(ending.count)
        guard let dot = middle.lastIndex(of: ".") else { return nil }
        let target = String(middle[..<dot])
        return ObjectKey.isPart(target) ? target : nil
    }

    nonisolated var unownedExecutor: UnownedSerialExecutor { lane.asUnownedSerialExecutor() }

    func write(_ bytes: [UInt8]) throws {
        guard let descriptor else { return }
        digest.add(bytes)
        do throws(SystemError) {
            try FileCalls.write(bytes, to: descriptor)
        } catch {
            throw directory.trouble(error, "write \(key)")
        }
    }

    /// Gives the object its name, once all of it is on the disk.
    ///
    /// - Throws: ``RepositoryError/exists(_:)``.
    func commit() throws -> StoredObject {
        do {
            if let descriptor {
                guard fsync(descriptor) == 0 else { throw SystemError(errno, in: "fsync") }
                self.descriptor = nil
                // NFS tells of a full disk or a quota as late as here.
                guard close(descriptor) == 0 || errno == EINTR else {
                    throw SystemError(errno, in: "close")
                }
            }
            try link()
            unlink(temporary)
            try FileCalls.sync(directory: directory.folder(of: key))
            return digest.stored
        } catch let error as SystemError {
            unlink(temporary)
            throw directory.trouble(error, "write \(key)")
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private func link() throws {
        guard Glibc.link(temporary, directory.path(key)) != 0 else { return }
        guard errno == EEXIST else { throw SystemError(errno, in: "link") }
        // Over NFS a repeated request is told that its own first one was done: link(2).
        var information = stat()
        guard lstat(temporary, &information) == 0, information.st_nlink == 2 else {
            throw RepositoryError.exists(key)
        }
    }

    /// The file is gone, unless it was committed.
    func abandon() {
        guard let descriptor else { return }
        self.descriptor = nil
        close(descriptor)
        unlink(temporary)
    }
}
