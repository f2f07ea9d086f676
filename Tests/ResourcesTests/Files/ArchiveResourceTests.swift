import Glibc
import Loop
import Resources
import TaskGraph
import Template
import Testing
import Vocabulary

@Suite struct ArchiveResourceTests {
    private let directory = TemporaryDirectory()
    private let host: TestHost

    init() {
        mkdir(directory("state"), 0o700)
        host = TestHost(stateDirectory: directory("state"))
    }

    /// An archive of what `script` makes in a directory of its own.
    private func archive(
        _ script: String, _ options: String = "--gzip"
    ) async throws -> TestFiles {
        let made = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-ec",
                    """
                    rm -rf "$0/tree"; mkdir "$0/tree"; cd "$0/tree"; \(script)
                    tar --create \(options) --file "$0/source" -- *
                    """, directory.path,
                ]))
        try #require(made.exit.isSuccess, "\(made.errorText)")
        return TestFiles(paths: ["app.tar.gz": directory("source")])
    }

    private func resource(_ more: KeyValuePairs<String, Value> = [:]) throws -> ArchiveResource {
        try .reading(
            [("source", "app.tar.gz"), ("path", .string(directory("app")))]
                + more.map { ($0.key, $0.value) })
    }

    private let tree = """
        mkdir -p app-1/bin 'app-1/odd
        name'; echo run >app-1/bin/run; chmod 0755 app-1/bin/run
        echo x >"app-1/odd
        name/-f"; ln -s bin/run app-1/link; ln app-1/bin/run app-1/hard
        """

    @Test func `an archive is unpacked once, and again when a file of it changed`() async throws {
        let files = try await archive(tree)
        let resource = try resource(["strip": 1])
        let made = try await host.converge(resource, files)
        #expect(made.map(\.kind) == [.create])
        #expect(directory.text("app/bin/run") == "run\n")
        #expect(directory.mode("app/bin/run") == 0o755)
        #expect(directory.text("app/odd\nname/-f") == "x\n")
        #expect(directory.text("app/link") == "run\n")

        directory.write("app/mine", "precious\n")
        directory.write("app/bin/run", "tampered\n")
        let mended = try await host.converge(resource, files)
        #expect(mended.map(\.before) == ["files of it are missing or changed"])
        #expect(directory.text("app/bin/run") == "run\n")
        unlink(directory("app/hard"))
        #expect(try await host.converge(resource, files).count == 1)
        #expect(directory.text("app/mine") == "precious\n", "what is not of the archive stays")
        #expect(directory.mode("app") == 0o755)
    }

    @Test func `another archive replaces files, running ones too`() async throws {
        try await host.converge(resource(), archive("echo 1 >f; mkdir d; echo 1 >d/f"))
        let open = open(directory("app/f"), O_RDONLY)
        let changes = try await host.converge(
            resource(), archive("echo 2 >f; mkdir d; echo 2 >d/f", "--xz"))
        #expect(changes.map(\.before) == ["another one"])
        #expect(directory.text("app/f") == "2\n")
        #expect(directory.text("app/d/f") == "2\n")
        var old = [UInt8](repeating: 0, count: 8)
        #expect(read(open, &old, 8) == 2 && old[0] == UInt8(ascii: "1"), "it is another inode")
        close(open)
    }

    @Test func `nothing but the archive's files is left behind`() async throws {
        try await host.converge(resource(), archive("echo 1 >f"))
        #expect(names("app").filter { $0 != "f" }.allSatisfy { $0.hasSuffix(".manifest") })
        #expect(names("app").count == 2)
        #expect(names("state") == [])
    }

    @Test func `directories alone are an archive too`() async throws {
        try await host.converge(resource(), archive("mkdir -p a/b"))
        #expect(directory.mode("app/a/b") == 0o755)
    }

    @Test(.enabled(if: getuid() == 0, "root is needed to give files away"))
    func `all of it belongs to whom the playbook says`() async throws {
        try await host.converge(
            resource(["owner": "nobody", "group": "4321"]), archive("mkdir d; echo 1 >d/f"))
        for name in ["app", "app/d", "app/d/f"] {
            var status = stat()
            lstat(directory(name), &status)
            #expect(status.st_uid == 65534 && status.st_gid == 4321, "\(name)")
        }
    }

    @Test func `an archive that climbs out is refused before anything is unpacked`() async throws {
        let files = try await archive("mkdir d; ln -s /etc d/l")
        let wrong = await problems { try await host.converge(resource(), files) }
        #expect(
            wrong == [
                """
                FF0607 the archive is not unpacked: the entry `d/l` is a link that leads, or may \
                lead, out of the destination
                """
            ])
        #expect(directory.mode("app") == nil)
    }

    @Test func `a link in the directory leads nothing out of it`() async throws {
        let files = try await archive("mkdir d; echo evil >d/f")
        mkdir(directory("outside"), 0o755)
        mkdir(directory("app"), 0o755)
        symlink("../outside", directory("app/d"))
        let wrong = await problems { try await host.converge(resource(), files) }
        #expect(!wrong.isEmpty)
        #expect(names("outside") == [])
    }

    private func names(_ name: String) -> [String] {
        TemporaryDirectory.names(at: directory(name))
    }
}
