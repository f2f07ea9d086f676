import Glibc
import Hosts
import Loop
import Schema
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

/// What is a path is put back exactly.
@Suite struct FileUndoTests {
    private let directory = TemporaryDirectory()
    private var state: String { directory("state") }
    private var host: TestHost { TestHost(stateDirectory: state) }

    init() {
        mkdir(directory("state"), 0o700)
        mkdir(directory("etc"), 0o755)
    }

    /// All that `stat` and `sha256sum` see of the tree, without times.
    private func picture() async throws -> String {
        let seen = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-ec",
                    """
                    cd "$0/etc"; find . -printf '%p %y %m %U %G %l\\n' | sort
                    find . -type f -exec sha256sum {} + | sort
                    """, directory.path,
                ]))
        return seen.outputText
    }

    private func file(_ name: String, _ content: String, mode: String? = nil) throws -> any Resource
    {
        var fields: [(String, Value)] = [
            ("path", .string(directory("etc/\(name)"))), ("content", .string(content)),
        ]
        if let mode { fields.append(("mode", .string(mode))) }
        return try FileResource.reading(fields)
    }

    private func path(_ name: String) -> (String, Value) {
        ("path", .string(directory("etc/\(name)")))
    }

    @Test func `a file that was not there goes, and one that was comes back`() async throws {
        directory.write("etc/old", "as it was\n", mode: 0o604)
        let before = try await picture()
        let made = try await host.change(file("new", "hello\n", mode: "0640"))
        let replaced = try await host.change(file("old", "another\n", mode: "0600"))
        let changed = try await picture()
        let again = try await host.undo(made + replaced)
        #expect(try await picture() == before)
        try await host.undo(again)
        #expect(try await picture() == changed, "an undo can be undone")
    }

    @Test func `only owner and mode are put back where only they changed`() async throws {
        directory.write("etc/old", "as it was\n", mode: 0o644)
        let before = try await picture()
        let resource = try FileResource.reading([
            path("old"), ("mode", "0755"), ("owner", "12345"), ("group", "54321"),
        ])
        let steps = try await host.change(resource)
        // What is in it is left alone by both, and may change.
        directory.write("etc/old", "edited\n", mode: 0o755)
        try await host.undo(steps)
        directory.write("etc/old", "as it was\n", mode: 0o644)
        #expect(try await picture() == before)
    }

    @Test func `removed files and links come back`() async throws {
        directory.write("etc/file", "kept\n", mode: 0o640)
        symlink("no where", directory("etc/link"))
        let before = try await picture()
        let file = try await host.change(
            FileResource.reading([path("file"), ("state", "absent")]))
        let link = try await host.change(
            SymlinkResource.reading([path("link"), ("state", "absent")]))
        #expect(directory.text("etc/file") == nil)
        try await host.undo(file + link)
        #expect(try await picture() == before)
    }

    @Test func `a link is switched back, and one over a file gives way to it`() async throws {
        symlink("releases/1", directory("etc/current"))
        directory.write("etc/file", "under the link\n")
        let before = try await picture()
        let first = try await host.change(
            SymlinkResource.reading([path("current"), ("target", "releases/2")]))
        let second = try await host.change(
            SymlinkResource.reading([path("file"), ("target", "current"), ("force", true)]))
        let third = try await host.change(file("current", "no link any more\n"))
        try await host.undo(first + second + third)
        #expect(try await picture() == before)
    }

    @Test func `directories that were made go with those that were made on the way`() async throws {
        let before = try await picture()
        let steps = try await host.change(
            DirectoryResource.reading([path("a/b/c"), ("mode", "0750")]))
        try await host.undo(steps)
        #expect(try await picture() == before)
        // What somebody put on the way stays, and nothing is said about it.
        let again = try await host.change(DirectoryResource.reading([path("a/b/c")]))
        directory.write("etc/a/foreign", "")
        try await host.undo(again)
        #expect(directory.text("etc/a/foreign") == "")
        #expect(directory.mode("etc/a/b") == nil)
    }

    @Test func `a directory that is in use is not removed, and that is said`() async throws {
        let steps = try await host.change(DirectoryResource.reading([path("made")]))
        directory.write("etc/made/data", "somebody's\n")
        let found = await problems { try await host.undo(steps) }
        #expect(
            found == ["FF0672 `\(directory("etc/made"))` is not removed: there is something in it"])
        #expect(directory.text("etc/made/data") == "somebody's\n")
    }

    @Test func `an empty directory that was removed is made again with its mode`() async throws {
        mkdir(directory("etc/empty"), 0o710)
        chmod(directory("etc/empty"), 0o2710)
        let before = try await picture()
        let steps = try await host.change(
            DirectoryResource.reading([path("empty"), ("state", "absent")]))
        try await host.undo(steps)
        #expect(try await picture() == before)
    }

    @Test func `lines and blocks go, and the file is as it was to the byte`() async throws {
        directory.write("etc/text", "one\ntwo\nno newline at the end", mode: 0o600)
        let before = try await picture()
        let line = try await host.change(
            LineResource.reading([path("text"), ("line", "three"), ("match", "^two")]))
        let block = try await host.change(
            BlockResource.reading([path("text"), ("content", "in\nbetween\n")]))
        let new = try await host.change(
            LineResource.reading([path("new"), ("line", "first"), ("create", true)]))
        try await host.undo(line + block + new)
        #expect(try await picture() == before)
    }

    @Test func `many changes in a row are undone in reverse, whatever they were`() async throws {
        let isLong = getenv("FINFLOW_LONG") != nil
        for seed in 0..<UInt64(isLong ? 40 : 4) {
            var random = SeededGenerator(seed: seed)
            let before = try await picture()
            var steps: [String] = []
            for _ in 0..<12 {
                let resource = try randomResource(&random)
                let plan = try? await host.planned(resource)
                // What cannot be done there (a file where a directory stands) is left out.
                guard let plan, !plan.changes.isEmpty else { continue }
                // A directory that is in use is not removed.
                do { try await host.performed(plan) } catch is ActionError { continue }
                steps += plan.undo.map { $0.json.line }
            }
            #expect(!steps.isEmpty, "seed \(seed)")
            let changed = try await picture()
            let again = try await host.undo(steps)
            #expect(try await picture() == before, "seed \(seed)")
            let third = try await host.undo(again)
            #expect(try await picture() == changed, "seed \(seed), undone twice")
            try await host.undo(third)
            #expect(try await picture() == before, "seed \(seed), undone three times")
        }
    }

    private func randomResource(_ random: inout SeededGenerator) throws -> any Resource {
        let name = ["a", "b", "d/x", "d/y"].randomElement(using: &random) ?? "a"
        let mode = ["0600", "0644", "0755", "4711"].randomElement(using: &random) ?? "0644"
        let number = Int.random(in: 0..<3, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1: return try file(name, "content \(number)\n", mode: mode)
        case 2: return try FileResource.reading([path(name), ("state", "absent")])
        case 3:
            return try SymlinkResource.reading([
                path(name), ("target", .string("to/\(number)")), ("force", true),
            ])
        case 4: return try DirectoryResource.reading([path("d"), ("mode", .string(mode))])
        case 5: return try DirectoryResource.reading([path("d"), ("state", "absent")])
        case 6:
            return try LineResource.reading([
                path(name), ("line", .string("line \(number)")), ("match", "^line"),
                ("create", true),
            ])
        default:
            return try BlockResource.reading([
                path(name), ("content", .string("block \(number)\n")), ("create", true),
            ])
        }
    }

    // MARK: - What is kept

    @Test func `what is kept is the old file itself, for root alone`() async throws {
        directory.write("etc/old", "as it was\n", mode: 0o644)
        let inode = try await inspect("stat -c %i \(directory("etc/old"))")
        _ = try await host.change(file("old", "another\n"))
        let digest = sha256Text("as it was\n".utf8)
        #expect(try await inspect("stat -c %i \(state)/prior/\(digest)") == inode)
        #expect(directory.mode("state/prior") == 0o700)
    }

    @Test func `a file with two names is copied, since it could change under the other`()
        async throws
    {
        directory.write("etc/old", "as it was\n")
        link(directory("etc/old"), directory("etc/other"))
        let steps = try await host.change(file("old", "another\n"))
        directory.write("etc/other", "written through its other name\n")
        try await host.undo(steps)
        #expect(directory.text("etc/old") == "as it was\n")
    }

    @Test func `contents that were damaged are not put back`() async throws {
        directory.write("etc/old", "as it was\n")
        let steps = try await host.change(file("old", "another\n"))
        directory.write("state/prior/\(sha256Text("as it was\n".utf8))", "garbage")
        let found = await problems { try await host.undo(steps) }
        #expect(found.count == 1)
        #expect(directory.text("etc/old") == "another\n")
        unlink(directory("state/prior/\(sha256Text("as it was\n".utf8))"))
        let gone = await problems { try await host.undo(steps) }
        #expect(
            gone == ["FF0671 the host has not kept what was in `\(directory("etc/old"))`"])
    }

    @Test func `a file that changed after it was looked at is looked at again`() async throws {
        directory.write("etc/old", "as it was\n")
        let plan = try await host.planned(file("old", "another\n"))
        directory.write("etc/old", "edited meanwhile\n")
        let error = await #expect(throws: ActionError.self) { try await host.performed(plan) }
        #expect(error?.isStale == true)
        #expect(directory.text("etc/old") == "edited meanwhile\n")
    }

    private func inspect(_ script: String) async throws -> String {
        try await ChildProcess.collect(Command("sh", ["-ec", script])).outputText.trimmingEnd
    }
}
