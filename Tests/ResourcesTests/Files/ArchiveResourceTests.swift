import Glibc
import Hosts
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
        let records = names("app").filter { $0 != "f" }.map { $0.split(separator: ".").last ?? "" }
        #expect(records == ["contents", "manifest"])
        #expect(names("state") == [])
    }

    @Test func `what only the older archive brought is removed, and nothing else`() async throws {
        try await host.converge(
            resource(),
            archive(
                """
                mkdir -p old/deep 'odd
                dir' both; echo 1 >old/deep/f; echo 1 >f; echo 1 >both/gone; echo 1 >both/kept
                ln -s f link; echo 1 >'odd
                dir/-f '; echo 1 >--help
                """))
        directory.write("app/both/mine", "precious\n")
        directory.write("app/mine", "precious\n")
        // Under another file's name, as a new version is.
        var newer = try await archive("mkdir both; echo 2 >f; echo 2 >both/kept")
        newer.paths["app-2.tar.gz"] = newer.paths["app.tar.gz"]
        try await host.converge(
            ArchiveResource.reading([
                ("source", "app-2.tar.gz"), ("path", .string(directory("app"))),
            ]), newer)
        #expect(names("app").filter { !$0.hasPrefix(".finflow") } == ["both", "f", "mine"])
        #expect(names("app/both") == ["kept", "mine"])
        #expect(directory.text("app/f") == "2\n")
    }

    @Test func `a killed change of archives is finished by the next one`() async throws {
        try await host.converge(resource(), archive("echo 1 >old; echo 1 >f"))
        let files = try await archive("echo 2 >f; echo 2 >new")
        var plan = try await host.plan(resource(), files)
        // It ends when the new files are in their place and the old ones are, too.
        let script = try #require(plan.action?.script)
        let killer = ShellScript(
            raw: "comm() { read -r own rest </proc/self/stat; kill -s KILL $own $$; }\n")
        plan.action?.script = killer + script
        let killed = plan
        await #expect(throws: (any Error).self) { try await host.perform(killed) }
        #expect(directory.text("app/new") == "2\n" && directory.text("app/old") == "1\n")
        let next = TestHost(stateDirectory: directory("state"))
        try await next.converge(resource(), files)
        #expect(names("app").filter { !$0.hasPrefix(".finflow") } == ["f", "new"])
    }

    @Test func `archives of different names live in one directory`() async throws {
        let one = try await archive("echo 1 >one")
        try await host.converge(resource(["name": "one"]), one)
        let two = try await archive("echo 2 >two")
        try await host.converge(resource(["name": "two"]), two)
        #expect(directory.text("app/one") == "1\n" && directory.text("app/two") == "2\n")
        #expect(try resource(["name": "one"]).thing != resource(["name": "two"]).thing)
        #expect(try resource().thing == resource(["strip": 1]).thing)
    }

    @Test func `a leftover behind a link that was put there since stays`() async throws {
        try await host.converge(resource(), archive("mkdir d; echo 1 >d/f"))
        mkdir(directory("outside"), 0o755)
        directory.write("outside/f", "precious\n")
        rename(directory("app/d"), directory("app/e"))
        symlink("../outside", directory("app/d"))
        try await host.converge(resource(), archive("echo 2 >other"))
        #expect(directory.text("outside/f") == "precious\n")
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
