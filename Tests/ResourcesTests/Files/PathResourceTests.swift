import Glibc
import Hosts
import Resources
import Schema
import TaskGraph
import Template
import Testing
import Vocabulary

@Suite struct PathResourceTests {
    private let directory = TemporaryDirectory()
    private let host = TestHost()

    @Test func `a template is filled in and put in place`() async throws {
        let resource = try TemplateResource.reading([
            "source": "chrony.conf", "path": .string(directory("chrony.conf")),
        ])
        var files = TestFiles(templates: ["chrony.conf": SecretText("server a\n")])
        try await host.converge(resource, files)
        files.templates["chrony.conf"] = SecretText("server b\n")
        let changes = try await host.converge(resource, files)
        #expect(changes == [Change(.update, "content", before: "server a\n", after: "server b\n")])
        files.templates["chrony.conf"] = SecretText(Sensitive("key hunter2\n"))
        let secret = try await host.converge(resource, files)
        #expect(secret.map(\.after) == [redaction, "0600"])
    }

    @Test func `a directory is made with those above it, then only its mode differs`() async throws
    {
        let path = directory("a/b c/d")
        let made = try await host.converge(
            DirectoryResource.reading(["path": .string(path), "mode": "0750"]))
        #expect(made == [Change(.create, "directory"), Change(.create, "mode", after: "0750")])
        #expect(directory.mode("a/b c/d") == 0o750)
        #expect(directory.mode("a/b c") == 0o755)
        let changed = try await host.converge(
            DirectoryResource.reading(["path": .string(path), "mode": "0700"]))
        #expect(changed == [Change(.update, "mode", before: "0750", after: "0700")])
        try await host.converge(DirectoryResource.reading(["path": .string(path)]))
    }

    @Test func `only an empty directory goes without a word`() async throws {
        mkdir(directory("d"), 0o755)
        directory.write("d/-f", "x")
        let plain = try DirectoryResource.reading([
            "path": .string(directory("d")), "state": "absent",
        ])
        let refused = await problems { try await host.converge(plain) }
        #expect(
            refused == [
                "`\(directory("d"))` could not be changed: the directory is not empty"
            ])
        try await host.converge(
            DirectoryResource.reading([
                "path": .string(directory("d")), "state": "absent", "recursive": true,
            ]))
        #expect(directory.names == [])
    }

    @Test(arguments: ["/", "/etc", "/home", "/var/lib", "/usr/bin", "/proc/1", "/etc/ssh"])
    func `what a system lives in is never removed`(path: String) async {
        let wrong = await problems {
            _ = try DirectoryResource.reading([
                "path": .string(path), "state": "absent", "recursive": true,
            ])
        }
        #expect(wrong == ["FF0605 `\(path)` is never removed"])
    }

    @Test func `a link to a directory is not taken for one`() async throws {
        mkdir(directory("real"), 0o755)
        symlink("real", directory("d"))
        for state in ["present", "absent"] {
            let wrong = await problems {
                _ = try await host.plan(
                    DirectoryResource.reading([
                        "path": .string(directory("d")), "state": .string(state),
                    ]))
            }
            #expect(wrong.first?.hasPrefix("FF0601 `\(directory("d"))` is a link to real") == true)
        }
    }

    @Test func `a link is made, switched and removed`() async throws {
        let path = directory("current")
        let made = try await host.converge(
            SymlinkResource.reading(["path": .string(path), "target": "releases/1"]))
        #expect(made == [Change(.create, "target", after: "releases/1")])
        let switched = try await host.converge(
            SymlinkResource.reading(["path": .string(path), "target": "-n 'odd'\nname"]))
        #expect(
            switched == [
                Change(.update, "target", before: "releases/1", after: "-n 'odd'\\nname")
            ])
        #expect(directory.names == ["current"])
        try await host.converge(
            SymlinkResource.reading(["path": .string(path), "state": "absent"]))
        #expect(directory.names == [])
    }

    @Test func `a link replaces a file only where it is told to, a directory never`() async throws {
        directory.write("f", "x")
        mkdir(directory("d"), 0o755)
        func link(_ name: String, force: Bool) throws -> SymlinkResource {
            try .reading([
                "path": .string(directory(name)), "target": "/x", "force": .bool(force),
            ])
        }
        let refused = await problems { _ = try await host.plan(link("f", force: false)) }
        #expect(
            refused == ["FF0601 `\(directory("f"))` is a file, and a symlink is wanted there"])
        try await host.converge(link("f", force: true))
        let never = await problems { _ = try await host.plan(link("d", force: true)) }
        #expect(never.count == 1)
    }

    @Test func `what a path stands in and who owns it come first`() throws {
        let file = try FileResource.reading([
            "path": "/srv/app/f", "owner": "app", "group": "app",
        ])
        #expect(file.thing == .path("/srv/app/f"))
        #expect(file.follows == [.path("/srv/app"), .user("app"), .group("app")])
        let link = try SymlinkResource.reading(["path": "/srv/current", "target": "app"])
        #expect(link.follows == [.path("/srv"), .path("/srv/app")])
    }
}
