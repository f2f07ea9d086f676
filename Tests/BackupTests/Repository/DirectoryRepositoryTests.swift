import Backup
import Glibc
import Lab
import Loop
import RepositoryConformance
import Testing
import Vocabulary

@Suite struct DirectoryRepositoryTests {
    @Test(arguments: RepositoryPromise.all)
    func `a directory keeps what every repository promises`(
        promise: RepositoryPromise
    ) async throws {
        try await withDirectory { path in
            let root = "\(path)/deep/repository"
            try await promise.check(
                DirectoryRepository(root: root), DirectoryRepository(root: root))
        }
    }

    @Test func `files are their owner's alone, whatever the umask is`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: "\(path)/r")
            try await repository.create(key("a/b/c"), [1])
            _ = try await repository.put(key("a/b/d"), Noise(300_000))
            let modes = try await ChildProcess.collect(
                Command("find", ["\(path)/r", "-printf", "%y %m %P\n"]))
            #expect(
                Set(modes.outputText.split(separator: "\n"))
                    == ["d 700 ", "d 700 a", "d 700 a/b", "f 600 a/b/c", "f 600 a/b/d"])
        }
    }

    @Test func `folders go with what was in them`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: "\(path)/r")
            try await repository.create(key("a/b/c"), [1])
            try await repository.create(key("a/d"), [1])
            try await repository.delete(key("a/b/c"))
            #expect(try await repository.folders(in: "a/") == [])
            try await repository.delete(key("a/d"))
            #expect(try await repository.folders(in: "") == [])
        }
    }

    @Test func `what lies about is no object, and links lead nowhere`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: path)
            for name in [".hidden", "a b", ".x.part", ".part", "..part"] {
                try FileCalls.create("\(path)/\(name)", [1], mode: 0o600)
            }
            symlink("/etc/passwd", "\(path)/link")
            symlink("/etc", "\(path)/etc")
            #expect(try await repository.list("") == [])
            #expect(try await repository.debris() == [])
            #expect(try await repository.folders(in: "") == [])
            let link = try key("link")
            await #expect(throws: RepositoryError.missing(link)) {
                try await repository.read(link)
            }
            // Nor is one written over.
            await #expect(throws: RepositoryError.exists(link)) {
                try await repository.create(link, [2])
            }
        }
    }

    @Test func `a full disk is named, and nothing is left of what was not written`() async throws {
        try await withDirectory { path in
            let mount = try await ChildProcess.collect(
                Command("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", path]))
            try #require(mount.exit.isSuccess, "\(mount.errorText)")
            let repository = DirectoryRepository(root: path)
            try await repository.create(key("old"), [1])
            for attempt in 0..<2 {
                let error = await #expect(throws: RepositoryError.self) {
                    if attempt == 0 {
                        _ = try await repository.put(key("x/new"), Noise(2 << 20))
                    } else {
                        try await repository.create(
                            key("x/new"), [UInt8](repeating: 1, count: 2 << 20))
                    }
                }
                #expect(
                    error
                        == .unavailable(
                            .init(
                                place: path, action: "write x/new", cause: .full,
                                reason: "No space left on device")))
            }
            #expect(try await repository.list("").map(\.key.path) == ["old"])
            #expect(try await repository.debris() == [])
            // There is room again.
            _ = try await repository.put(key("small"), Noise(700_000))
            _ = try await ChildProcess.collect(Command("umount", ["-l", path]))
        }
    }

    @Test func `an object that is shorter than it was is told`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: path)
            let name = try key("o")
            _ = try await repository.put(name, Noise(600_000))
            let stream = try await repository.read(name)
            truncate("\(path)/o", 400_000)
            await #expect(throws: RepositoryError.cut(name)) { try await stream.collected() }
            unlink("\(path)/o")
            await #expect(throws: RepositoryError.missing(name)) { try await stream.collected() }
        }
    }

    @Test func `a writer whose debris was removed fails`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: path)
            let name = try key("a/o")
            let source = Hooked([[1], [2]]) {
                for debris in try await repository.debris() { try await repository.remove(debris) }
            }
            await #expect(throws: RepositoryError.self) { try await repository.put(name, source) }
            #expect(try await repository.size(of: name) == nil)
            #expect(try await repository.debris() == [])
        }
    }

    @Test func `debris that nobody listed is not removed`() async throws {
        try await withDirectory { path in
            let repository = DirectoryRepository(root: "\(path)/r")
            try await repository.create(key("a"), [1])
            try FileCalls.create("\(path)/.a.x.part", [1], mode: 0o600)
            for token in ["a", "../.a.x.part", "/.a.x.part", ""] {
                try await repository.remove(
                    Debris(key: key("a"), size: 1, modified: .now, token: token))
            }
            #expect(try await repository.contents(of: key("a")) == [1])
            #expect(access("\(path)/.a.x.part", F_OK) == 0)
        }
    }

    @Test func `a key is a path that cannot leave the repository`() {
        for wrong in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.b", ".a", "a b", "a\nb", "ä",
            "a\u{0}", "a%20", String(repeating: "a", count: 201),
            Array(repeating: "aaaa", count: 200).joined(separator: "/"),
        ] {
            #expect(ObjectKey(wrong) == nil, "\(wrong)")
        }
    }

    @Test func `each name of a database is one part of a key`() {
        let names = [
            "payments", "payments_db", "We \"quote\" it", "übung", "a/b", "..", ".", "~", "~7e",
            "-x", "a~b", "日本語", " ", "\u{0}", "'", "%41",
        ]
        let parts = names.map { ObjectKey.part(of: $0) }
        #expect(parts.allSatisfy { $0.map { ObjectKey($0) != nil } == true })
        #expect(Set(parts).count == names.count)
        #expect(ObjectKey.part(of: "payments_db-1.x") == "payments_db-1.x")
        #expect(ObjectKey.part(of: "caf\u{E9}") == "caf~c3~a9")
        #expect(ObjectKey.part(of: "") == nil)
        #expect(ObjectKey.part(of: String(repeating: "ü", count: 31))?.utf8.count == 186)
    }
}
