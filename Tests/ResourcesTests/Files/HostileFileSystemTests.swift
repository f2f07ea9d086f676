import Glibc
import Hosts
import Lab
import LabTraits
import Loop
import Resources
import Schema
import Template
import Testing
import Vocabulary

/// Each on a small file system of its own.
@Suite(.unless(.mountingIsRefused))
struct HostileFileSystemTests {
    private let directory = TemporaryDirectory()
    private let host = TestHost()

    /// - Parameter size: in KiB.
    private func onFileSystem(
        size: Int, _ body: (_ path: String) async throws -> Void
    ) async throws {
        mkdir(directory("fs"), 0o755)
        let mount = try await ChildProcess.collect(
            Command("mount", ["-t", "tmpfs", "-o", "size=\(size)k", "tmpfs", directory("fs")]))
        try #require(mount.exit.isSuccess, "\(mount.errorText)")
        do {
            try await body(directory("fs/f"))
        } catch {
            Issue.record(error)
        }
        _ = try await ChildProcess.collect(Command("umount", ["-l", directory("fs")]))
    }

    private func expectFailure(
        of resource: some Resource, _ files: TestFiles = TestFiles(), saying message: String
    ) async throws {
        let plan = try await host.plan(resource, files)
        let failure = await #expect(throws: (any Error).self) { try await host.perform(plan) }
        #expect((failure as? ActionError)?.message == message)
    }

    @Test(arguments: [false, true])
    func `a full disk is named and the old file is whole`(isBinary: Bool) async throws {
        try await onFileSystem(size: 64) { path in
            directory.write("fs/f", "old\n")
            directory.write("fs/filler", [UInt8](repeating: 0, count: 56 << 10))
            let content = [UInt8](repeating: isBinary ? 0 : 0x61, count: 16 << 10)
            directory.write("source", content)
            try await expectFailure(
                of: FileResource.reading(["path": .string(path), "source": "s"]),
                TestFiles(paths: ["s": directory("source")]),
                saying: "`\(path)` could not be changed: the file system is full")
            #expect(directory.text("fs/f") == "old\n")
            #expect(try await names() == "f filler\n")
        }
    }

    /// What each resource that writes a file would make of `fs/f`.
    private func writers(of path: String, _ source: TestFiles) throws -> [any Resource] {
        let new = String(repeating: "new\n", count: 4096)
        return [
            try FileResource.reading(["path": .string(path), "content": .string(new)]),
            try FileResource.reading(["path": .string(path), "source": "s"]),
            try TemplateResource.reading(["path": .string(path), "source": "t"]),
            try LineResource.reading([
                "path": .string(path), "line": .string(new.replacing("\n", with: " ")),
            ]),
            try BlockResource.reading(["path": .string(path), "content": .string(new)]),
        ]
    }

    @Test(arguments: ["", "ro"])
    func `every resource that writes a file says why it could not, and leaves all as it was`(
        option: String
    ) async throws {
        try await onFileSystem(size: 64) { path in
            directory.write("fs/f", "old\n")
            directory.write("source", [UInt8](repeating: 0, count: 300 << 10))
            let files = TestFiles(
                templates: ["t": SecretText(String(repeating: "new\n", count: 4096))],
                paths: ["s": directory("source")])
            directory.write("fs/filler", [UInt8](repeating: 0, count: 56 << 10))
            if !option.isEmpty {
                _ = try await ChildProcess.collect(
                    Command("mount", ["-o", "remount,\(option)", directory("fs")]))
            }
            let reason = option.isEmpty ? "No space left on device" : "Read-only file system"
            let meaning =
                option.isEmpty ? "the file system is full" : "the file system is read-only"
            for resource in try writers(of: path, files) {
                let failure = await #expect(throws: (any Error).self) {
                    try await host.perform(try await plan(resource, files))
                }
                let said = "\(failure.map { "\($0)" } ?? "")"
                #expect(said.contains(meaning) || said.contains(reason), "\(type(of: resource))")
                #expect(directory.text("fs/f") == "old\n", "\(type(of: resource))")
                #expect(try await names() == "f filler\n", "\(type(of: resource))")
            }
        }
    }

    private func plan(_ resource: some Resource, _ files: TestFiles) async throws -> ResourcePlan {
        try await host.plan(resource, files)
    }

    @Test func `a read-only file system is named`() async throws {
        try await onFileSystem(size: 64) { path in
            directory.write("fs/f", "old\n")
            _ = try await ChildProcess.collect(
                Command("mount", ["-o", "remount,ro", directory("fs")]))
            try await expectFailure(
                of: FileResource.reading(["path": .string(path), "content": "new\n"]),
                saying: "`\(path)` could not be changed: the file system is read-only")
            try await expectFailure(
                of: FileResource.reading(["path": .string(path), "mode": "0600"]),
                saying: "`\(path)` could not be changed: the file system is read-only")
            #expect(directory.text("fs/f") == "old\n")
        }
    }

    @Test(.unless(.noImmutableFiles))
    func `an immutable file is named and nothing is left beside it`() async throws {
        try await onFileSystem(size: 64) { path in
            directory.write("fs/f", "old\n")
            let marked = try await ChildProcess.collect(Command("chattr", ["+i", path]))
            try #require(marked.exit.isSuccess, "\(marked.errorText)")
            try await expectFailure(
                of: FileResource.reading(["path": .string(path), "content": "new\n"]),
                saying: """
                    `\(path)` could not be changed: the operation is not permitted (is it \
                    immutable?)
                    """)
            _ = try await ChildProcess.collect(Command("chattr", ["-i", path]))
            #expect(directory.text("fs/f") == "old\n")
            #expect(try await names() == "f\n")
        }
    }

    @Test func `a user who may not write is told so`() async throws {
        directory.write("f", "old\n")
        let nobody = TestHost(user: "nobody")
        let plan = try await nobody.plan(
            FileResource.reading(["path": .string(directory("f")), "content": "new\n"]))
        let failure = await #expect(throws: ActionError.self) { try await nobody.perform(plan) }
        #expect(
            failure?.message == "`\(directory("f"))` could not be changed: permission denied")
    }

    @Test func `a user's own files converge without root`() async throws {
        mkdir(directory("home"), 0o755)
        _ = try await ChildProcess.collect(
            Command("chown", ["nobody:nogroup", directory("home")]))
        let nobody = TestHost(user: "nobody")
        for content in ["one\n", "two\n"] {
            try await nobody.converge(
                FileResource.reading([
                    "path": .string(directory("home/f")), "content": .string(content),
                    "owner": "nobody", "mode": "0600",
                ]))
        }
        try await nobody.converge(
            FileResource.reading(["path": .string(directory("home/f")), "content": "three\n"]))
        #expect(directory.text("home/f") == "three\n")
    }

    @Test func `owner and group follow names and numbers`() async throws {
        directory.write("f", "x\n")
        for (owner, group) in [("nobody", "nogroup"), ("1234", "4321")] {
            let owned: [(String, Value)] = [
                ("path", .string(directory("f"))), ("owner", .string(owner)),
                ("group", .string(group)),
            ]
            #expect(try await host.converge(FileResource.reading(owned)).count == 2)
            try await host.converge(
                FileResource.reading([
                    "path": .string(directory("f")), "content": .string(owner),
                ]))
            #expect(try await host.plan(FileResource.reading(owned)).changes == [], "kept")
        }
        let plan = try await host.plan(
            FileResource.reading(["path": .string(directory("f")), "owner": "no-such-user"]))
        let failure = await #expect(throws: ActionError.self) { try await host.perform(plan) }
        #expect(
            failure?.message == "`\(directory("f"))` could not be changed: there is no such user")
    }

    private func names() async throws -> String {
        try await ChildProcess.collect(
            Command(
                "sh", ["-c", "ls -A \"$0\" | tr '\\n' ' ' | sed 's/ $//'; echo", directory("fs")])
        ).outputText
    }
}
