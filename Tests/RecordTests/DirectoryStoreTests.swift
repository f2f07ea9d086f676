import Glibc
import Lab
import LabTraits
import Loop
import Record
import Testing

/// What a directory adds to what every store promises.
@Suite struct DirectoryStoreTests {
    private func mode(of path: String) -> mode_t {
        var information = stat()
        lstat(path, &information)
        return information.st_mode & 0o7777
    }

    @Test func `it is made for its owner alone, whatever the umask is`() async throws {
        try await withDirectory { path in
            let store = DirectoryStore(root: "\(path)/made/for/it")
            let version = try await store.create(key("a/b"), [1])
            try await store.replace(key("a/b"), [2], expecting: version)
            for folder in ["made", "made/for", "made/for/it", "made/for/it/a", "made/for/it/.tmp"] {
                #expect(mode(of: "\(path)/\(folder)") == 0o700, "\(folder)")
            }
            for file in ["made/for/it/a/b", "made/for/it/.lock"] {
                #expect(mode(of: "\(path)/\(file)") == 0o600, "\(file)")
            }
        }
    }

    @Test func `one that was opened to a group stays open to it, and to nobody else`()
        async throws
    {
        try await withDirectory { path in
            chmod(path, 0o2775)
            let store = DirectoryStore(root: path)
            try await store.create(key("a/b"), [1])
            #expect(mode(of: "\(path)/a") == 0o2770)
            #expect(mode(of: "\(path)/a/b") == 0o660)
        }
    }

    @Test func `nothing is left beside the objects`() async throws {
        try await withDirectory { path in
            let store = DirectoryStore(root: path)
            let version = try await store.create(key("a/b"), [1])
            try await store.replace(key("a/b"), [2], expecting: version)
            await #expect(throws: StateStoreError.self) { try await store.create(key("a/b"), [3]) }
            try await store.delete(key("a/b"))
            let found = try await ChildProcess.collect(
                Command("find", [path, "-mindepth", "1", "-printf", "%P\\n"]))
            #expect(Set(found.outputText.split(separator: "\n")) == [".lock", ".tmp"])
        }
    }

    @Test func `what a killed writer left is not listed, and tidied up once it is old`()
        async throws
    {
        try await withDirectory { path in
            let store = DirectoryStore(root: path)
            try await store.create(key("a"), [1])
            let left = "\(path)/.tmp/left"
            close(open(left, O_CREAT | O_WRONLY, 0o600))
            #expect(try await store.keys(withPrefix: "").map(\.path) == ["a"])
            try await store.tidy()
            #expect(access(left, F_OK) == 0)
            try await DirectoryStore(root: path, leftoverAge: 0).tidy()
            #expect(access(left, F_OK) != 0)
        }
    }

    @Test func `links and devices in it are not followed`() async throws {
        try await withDirectory { path in
            let store = DirectoryStore(root: path)
            try await store.create(key("real"), [1])
            symlink("/etc/passwd", "\(path)/link")
            mkfifo("\(path)/pipe", 0o600)
            mkdir("\(path)/folder", 0o700)
            for name in ["link", "pipe", "folder"] {
                await #expect(throws: StateStoreError.self) { try await store.read(key(name)) }
            }
            #expect(try await store.keys(withPrefix: "").map(\.path) == ["real"])
        }
    }

    private func trouble(
        _ body: () async throws -> some Sendable
    ) async throws -> StateStoreError.Trouble? {
        do {
            _ = try await body()
            return nil
        } catch StateStoreError.unavailable(let trouble) {
            return trouble
        }
    }

    @Test(.unless(.mountingIsRefused))
    func `a full disk is named, what was there stays, and nothing is left of what was not written`()
        async throws
    {
        try await withDirectory { path in
            let mount = try await ChildProcess.collect(
                Command("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path]))
            try #require(mount.exit.isSuccess, "\(mount.errorText)")
            let store = DirectoryStore(root: path)
            let version = try await store.create(key("old"), [1])
            let large = [UInt8](repeating: 0, count: 400 << 10)
            for attempt in 0..<2 {
                let found = try await trouble {
                    attempt == 0
                        ? try await store.create(key("new"), large)
                        : try await store.replace(key("old"), large, expecting: version)
                }
                #expect(found?.cause == .full)
                #expect(found?.reason == "No space left on device")
                #expect(found?.action == "write \(path)/\(attempt == 0 ? "new" : "old")")
            }
            #expect(try await store.read(key("new")) == nil)
            #expect(try await store.read(key("old"))?.bytes == [1])
            // There is room again: whatever was begun has been taken away.
            try await store.create(key("small"), [UInt8](repeating: 0, count: 150 << 10))
            _ = try await ChildProcess.collect(Command("umount", ["-l", path]))
        }
    }

    @Test func `a file where the directory should be is named`() async throws {
        try await withDirectory { path in
            close(open("\(path)/file", O_CREAT | O_WRONLY, 0o600))
            let store = DirectoryStore(root: "\(path)/file/state")
            let found = try await trouble { try await store.create(key("a"), []) }
            #expect(found?.reason == "Not a directory")
            #expect(try await store.keys(withPrefix: "") == [])
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can become somebody else"))
    func `another user's directory is refused with the user's way out`() async throws {
        try await withDirectory { path in
            chmod(path, 0o755)
            try await DirectoryStore(root: "\(path)/state").create(key("a"), [1])
            let run = try await ChildProcess.collect(
                Command(
                    "setpriv",
                    [
                        "--reuid", "65534", "--regid", "65534", "--clear-groups",
                        try Writer.path, "\(path)/state", "1", "1",
                    ]))
            #expect(run.exit == .status(1))
            #expect(run.outputText.contains("Permission denied"), "\(run.outputText)")
        }
    }

    @Test func `a lock whose holder was stopped is not waited for for ever`() async throws {
        try await withDirectory { path in
            let store = DirectoryStore(root: path, patience: .milliseconds(50))
            let version = try await store.create(key("a"), [1])
            let lock = open("\(path)/.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
            #expect(flock(lock, LOCK_EX) == 0)
            let found = try await trouble {
                try await store.replace(key("a"), [2], expecting: version)
            }
            #expect(found?.cause == .busy)
            close(lock)
            try await store.replace(key("a"), [2], expecting: version)
        }
    }

    @Test func `the directory is where XDG says, else below the home directory`() {
        // What this process was started with is not for a test to change; the shape is.
        let root = DirectoryStore.usualRoot(environment: "staging")
        #expect(root?.hasSuffix("/finflow/staging") == true)
        #expect(root?.hasPrefix("/") == true)
    }
}
