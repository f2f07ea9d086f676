import Glibc
import Hosts
import Playbook
import Resources
import TaskGraph
import Template
import Vocabulary

/// A playbook directory of its own, gone when nothing uses it any more.
final class PlaybookFolder: Sendable {
    let root: String

    /// What stands in it unless a test says otherwise: one role on two hosts.
    static let usual = [
        "site.yaml": "- hosts: all\n  roles: [r]\n",
        "environments/test/environment.yaml": "inventory:\n  hosts: { a: {}, b: {} }\n",
    ]

    init(_ files: [String: String]) throws {
        var template = Array("/tmp/finflow-playbook-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure(path: "/tmp", code: errno) }
        root = String(cString: made)
        for (path, text) in Self.usual.merging(files, uniquingKeysWith: { $1 }) {
            try write(Array(text.utf8), to: path)
        }
    }

    struct Failure: Error {
        var path: String
        var code: Int32
    }

    func write(_ bytes: [UInt8], to path: String) throws {
        var directory = root
        for part in path.split(separator: "/").dropLast() {
            directory += "/\(part)"
            guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
                throw Failure(path: directory, code: errno)
            }
        }
        let full = "\(root)/\(path)"
        let descriptor = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure(path: full, code: errno) }
        defer { close(descriptor) }
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw Failure(path: full, code: errno)
        }
    }

    /// A file that is as long as that and takes no room.
    func lengthen(_ path: String, to size: Int) throws {
        guard truncate("\(root)/\(path)", size) == 0 else {
            throw Failure(path: path, code: errno)
        }
    }

    func link(_ path: String, to target: String) throws {
        guard symlink(target, "\(root)/\(path)") == 0 else {
            throw Failure(path: path, code: errno)
        }
    }

    deinit { Self.remove(root) }

    private static func remove(_ path: String) {
        if unlink(path) == 0 || errno == ENOENT { return }
        for name in names(in: path) { remove("\(path)/\(name)") }
        rmdir(path)
    }
}

extension PlaybookFolder {
    static let catalogue = [
        ResourceType("file", FileResource.self), ResourceType("template", TemplateResource.self),
        ResourceType("directory", DirectoryResource.self),
        ResourceType("package", PackageResource.self),
        ResourceType("service", ServiceResource.self), ResourceType("user", UserResource.self),
        ResourceType("group", GroupResource.self), ResourceType("command", CommandResource.self),
        ResourceType("line", LineResource.self), ResourceType("block", BlockResource.self),
    ]

    func load(
        sets: [(String, String)] = [], environment: String = "test",
        reach: Project.Reach = .named
    ) throws(Diagnostics) -> Project {
        try Project.load(
            root: root, environment: environment, sets: sets, reach: reach,
            catalogue: Self.catalogue)
    }

    func graph(
        limit: String? = nil, tags: TagSelection = .all, sets: [(String, String)] = []
    ) throws -> Graph<HostTask> {
        try load(sets: sets).graph(limit: limit.map { try HostPattern($0) }, tags: tags)
    }

    /// What the operator would read: all diagnostics, with paths below the directory.
    func complaints(
        sets: [(String, String)] = [], reach: Project.Reach = .named
    ) -> String {
        do throws(Diagnostics) {
            _ = try load(sets: sets, reach: reach).graph()
            return ""
        } catch {
            return error.sorted.map { $0.rendered(source: Self.text) }.joined(separator: "\n\n")
                .split(separator: root + "/", omittingEmptySubsequences: false).joined()
        }
    }

    func lineCount(of name: String) -> Int? {
        Self.text(of: name)?.utf8.count { $0 == UInt8(ascii: "\n") }.advanced(by: 1)
    }

    static func text(of name: String) -> String? {
        bytes(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Of a file of at most 256 KiB.
    static func bytes(of name: String) -> [UInt8]? {
        let descriptor = open(name, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 1 << 18)
        let count = read(descriptor, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes.prefix(count))
    }

    /// The files below a directory, by their paths in it.
    static func files(below directory: String) -> [String] {
        names(in: directory).flatMap { name -> [String] in
            let below = files(below: "\(directory)/\(name)")
            var information = stat()
            let isFile =
                stat("\(directory)/\(name)", &information) == 0
                && information.st_mode & S_IFMT == S_IFREG
            return isFile ? [name] : below.map { "\(name)/\($0)" }
        }
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
