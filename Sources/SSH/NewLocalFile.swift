internal import Glibc
internal import Loop

/// A file of this machine that takes another one's place when it is whole, and not before.
///
/// What is no regular file (a pipe, `/dev/null`) has no place to take, and is written to. It
/// belongs to one caller; all of its work is done on the blocking pool.
final class NewLocalFile: Sendable {
    private let number: Int32
    private let path: String
    /// Beside `path`; `nil` where `path` itself is written to.
    private let temporary: String?

    private init(number: Int32, path: String, temporary: String?) {
        self.number = number
        self.path = path
        self.temporary = temporary
    }

    deinit {
        close(number)
    }

    static func open(_ path: String) async throws -> NewLocalFile {
        try await BlockingPool.shared.run {
            var present = stat()
            let isPresent = stat(path, &present) == 0
            if isPresent, present.st_mode & S_IFMT != S_IFREG {
                let number = Glibc.open(path, O_WRONLY | O_CLOEXEC)
                guard number >= 0 else { throw SSHError.local(path, "open") }
                return NewLocalFile(number: number, path: path, temporary: nil)
            }
            var template = Array("\(path).XXXXXX".utf8CString)
            let number = mkstemp(&template)  // with mode 0600
            guard number >= 0 else { throw SSHError.local(path, "open") }
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
            if isPresent { fchmod(number, present.st_mode & 0o777) }
            let name = template.dropLast().map { UInt8(bitPattern: $0) }
            return NewLocalFile(
                number: number, path: path, temporary: String(decoding: name, as: UTF8.self))
        }
    }

    func write(_ bytes: [UInt8]) async throws {
        try await BlockingPool.shared.run { [self] in
            do throws(SystemError) {
                try FileCalls.write(bytes, to: number)
            } catch {
                throw SSHError.local(path, error)
            }
        }
    }

    /// It is whole.
    func finish() async throws {
        try await BlockingPool.shared.run { [self] in
            guard let temporary else { return }
            guard fsync(number) == 0 else { throw SSHError.local(path, "fsync") }
            do throws(SystemError) {
                try FileCalls.rename(temporary, to: path)
            } catch {
                throw SSHError.local(path, error)
            }
        }
    }

    /// It never will be.
    func discard() async {
        await BlockingPool.shared.run { [self] in
            if let temporary { unlink(temporary) }
        }
    }
}
