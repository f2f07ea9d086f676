import Glibc

/// A directory of a test's own, removed with the last copy of it.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        let name = "/tmp/finflow-resources-\(UInt64.random(in: 0...UInt64.max))"
        mkdir(name, 0o755)
        path = name
    }

    deinit {
        let words = ["rm", "-rf", "--", path]
        var child: pid_t = 0
        var arguments = words.map { strdup($0) } + [nil]
        defer { for word in arguments { free(word) } }
        if posix_spawnp(&child, "rm", nil, nil, &arguments, environ) == 0 {
            waitpid(child, nil, 0)
        }
    }

    func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

    /// What is in the directory, hidden names included.
    var names: [String] { Self.names(at: path) }

    static func names(at path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func write(_ name: String, _ bytes: [UInt8], mode: mode_t = 0o644) {
        guard let file = fopen(self(name), "w") else { return }
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        chmod(self(name), mode)
    }

    func write(_ name: String, _ text: String, mode: mode_t = 0o644) {
        write(name, Array(text.utf8), mode: mode)
    }

    func text(_ name: String) -> String? {
        Self.read(self(name)).map { String(decoding: $0, as: UTF8.self) }
    }

    func mode(_ name: String) -> mode_t? {
        var status = stat()
        return lstat(self(name), &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&piece, 1, piece.count, file), count > 0 {
            bytes += piece[..<count]
        }
        return bytes
    }
}
