import Glibc
import Loop

/// A file for a program that reads no pipe, in a directory that only its owner can enter, in
/// memory where the machine has such a place. It is there for as long as this value is; what a
/// killed process has left is swept away by the next one.
final class ScratchFile: Sendable {
    let path: String
    private let directory: String

    private static let prefix = "finflow-restore."

    static func holding(_ bytes: [UInt8]) async throws -> ScratchFile {
        ScratchFile(
            directory: try await BlockingPool.shared.run { () throws(SystemError) in
                try make(bytes)
            })
    }

    private init(directory: String) {
        self.directory = directory
        path = "\(directory)/file"
    }

    deinit { Self.remove(directory) }

    private static func make(_ bytes: [UInt8]) throws(SystemError) -> String {
        let runtime = getenv("XDG_RUNTIME_DIR").map { String(cString: $0) }
        let places = [runtime, "/dev/shm", "/tmp"].compactMap(\.self)
        let place = places.first { $0.hasPrefix("/") && access($0, W_OK | X_OK) == 0 } ?? "/tmp"
        sweep(place)
        var template = Array("\(place)/\(prefix)\(getpid()).XXXXXX".utf8CString)
        // Made with mode 0700.
        guard mkdtemp(&template) != nil else { throw SystemError(errno, in: "mkdtemp") }
        let directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        do throws(SystemError) {
            try FileCalls.create("\(directory)/file", bytes, mode: 0o600)
        } catch {
            remove(directory)
            throw error
        }
        return directory
    }

    private static func remove(_ directory: String) {
        unlink("\(directory)/file")
        rmdir(directory)
    }

    /// Those of our own whose process is gone.
    private static func sweep(_ place: String) {
        for name in (try? FileCalls.names(in: place)) ?? [] where name.hasPrefix(prefix) {
            let process = name.dropFirst(prefix.count).split(separator: ".").first
            guard let process = process.flatMap({ Int32($0) }), kill(process, 0) != 0,
                errno == ESRCH
            else { continue }
            var information = stat()
            guard lstat("\(place)/\(name)", &information) == 0,
                information.st_uid == geteuid()
            else { continue }
            remove("\(place)/\(name)")
        }
    }
}
