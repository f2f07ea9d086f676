import Glibc
import Hosts
import Loop
import Schema
import TaskGraph
import Testing
import Vocabulary

@testable import Resources

/// A secret is never kept, and what is put back has the values of now.
@Suite struct SecretUndoTests {
    private let directory = TemporaryDirectory()

    init() {
        mkdir(directory("state"), 0o700)
        mkdir(directory("etc"), 0o755)
    }

    private func host() -> TestHost { TestHost(stateDirectory: directory("state")) }

    private func credentials(_ value: String, version: Int) -> Credentials {
        Credentials(
            lineage: "a", serial: version,
            [
                Credential(
                    "db", version: version, changed: "2026-11-24T14:03:12Z",
                    value: Sensitive(value))
            ])
    }

    private func template(_ value: String, version: Int) throws -> (any Resource, TestFiles) {
        var resource = TemplateResource()
        resource.path = directory("etc/service.conf")
        resource.source = LocalSource(name: "t", place: somewhere)
        var files = TestFiles(state: directory("state"))
        let text = try #require(ReferencedText("password = ⟦secret:db@\(version)⟧\n"))
        files.templates["t"] = try SecretText(
            text, with: credentials(value, version: version))
        return (resource, files)
    }

    private func apply(_ value: String, version: Int) async throws -> [UndoStep] {
        let (resource, files) = try template(value, version: version)
        let host = host()
        let plan = try await host.plan(resource, files)
        try await host.perform(plan)
        return plan.undo
    }

    private func undo(_ step: UndoStep, _ now: Credentials) async throws -> [UndoStep] {
        let files = TestFiles(state: directory("state"), credentials: now)
        let left = try await host().plan(step.left.resource(at: somewhere), files)
        #expect(left.changes.isEmpty, "\(left.changes)")
        let plan = try await host().plan(step.before.resource(at: somewhere), files)
        try await host().perform(plan)
        return plan.undo
    }

    /// Whether anything that the host remembers has the text in it.
    private func remembers(_ text: String) async throws -> Bool {
        let found = try await ChildProcess.collect(
            Command("grep", ["-rqF", "--", text, directory("state")]))
        return found.exit.isSuccess
    }

    @Test func `a secret file comes back with the value that its credential has now`() async throws
    {
        _ = try await apply("first-value", version: 1)
        let steps = try await apply("second-value", version: 2)
        let again = try await undo(
            try #require(steps.first), credentials("third-value", version: 3))
        #expect(directory.text("etc/service.conf") == "password = third-value\n")
        #expect(directory.mode("etc/service.conf") == 0o600)
        for value in ["first-value", "second-value", "third-value"] {
            #expect(try await !remembers(value))
            #expect(try await !remembers(sha256Text("password = \(value)\n".utf8)))
            for step in steps + again { #expect(!step.json.line.contains(value)) }
        }
    }

    @Test func `a secret file that was replaced by a plain one comes back`() async throws {
        _ = try await apply("first-value", version: 1)
        let plain = try FileResource.reading([
            ("path", .string(directory("etc/service.conf"))), ("content", "nothing secret\n"),
            ("mode", "0644"),
        ])
        let files = TestFiles(state: directory("state"))
        let plan = try await host().plan(plain, files)
        try await host().perform(plan)
        #expect(try await !remembers("first-value"))
        _ = try await undo(
            try #require(plan.undo.first), credentials("first-value", version: 1))
        #expect(directory.text("etc/service.conf") == "password = first-value\n")
        #expect(directory.mode("etc/service.conf") == 0o600)
    }

    @Test func `a foreign file in a secret's place is not kept, and undo says so`() async throws {
        directory.write("etc/service.conf", "password = by-hand\n", mode: 0o600)
        let steps = try await apply("first-value", version: 1)
        #expect(try await !remembers("by-hand"))
        let before = try #require(steps.first).before
        let found = await problems {
            let resource = try before.resource(at: somewhere)
            _ = try await host().plan(resource, TestFiles(state: directory("state")))
        }
        #expect(
            found == [
                "FF0671 `\(directory("etc/service.conf"))` cannot be put back: "
                    + "it may have held the secret already, so it was not kept"
            ])
    }

    @Test func `a secret file that somebody edited is neither kept nor put back`() async throws {
        let first = try await apply("first-value", version: 1)
        directory.write("etc/service.conf", "password = by-hand\n", mode: 0o600)
        let resource = try #require(first.first).left.resource(at: somewhere)
        let left = try await host().plan(
            resource,
            TestFiles(
                state: directory("state"), credentials: credentials("first-value", version: 1)))
        #expect(!left.changes.isEmpty, "the change was changed again since")
        let second = try await apply("second-value", version: 2)
        #expect(try await !remembers("by-hand"))
        #expect(try #require(second.first).before.fields["state"]?.string == "lost")
    }

    @Test func `a line with a secret leaves nothing of the file behind`() async throws {
        directory.write("etc/pgpass", "db:old-password\n", mode: 0o600)
        let line = try LineResource.secret(
            "db:new-password", match: "^db:", in: directory("etc/pgpass"))
        let files = TestFiles(state: directory("state"))
        let plan = try await host().plan(line, files)
        try await host().perform(plan)
        #expect(directory.text("etc/pgpass") == "db:new-password\n")
        for text in ["old-password", "new-password"] { #expect(try await !remembers(text)) }
        // Even where the next edit has no secret in it.
        let other = try LineResource.reading([
            ("path", .string(directory("etc/pgpass"))), ("line", "# a comment"),
        ])
        let next = try await host().plan(other, files)
        try await host().perform(next)
        #expect(try await !remembers("new-password"))
        // That edit can be taken out nevertheless; what the secret replaced is not kept.
        _ = try await undo(try #require(next.undo.first), credentials("x", version: 1))
        #expect(directory.text("etc/pgpass") == "db:new-password\n")
        let before = try #require(plan.undo.first).before
        let found = await problems {
            _ = try await host().plan(before.resource(at: somewhere), files)
        }
        #expect(
            found == [
                "FF0671 `\(directory("etc/pgpass"))` cannot be put back: what was changed in it "
                    + "may have held a secret, and was not kept"
            ])
    }

    private func named(_ value: String, version: Int, _ text: String) throws -> SecretText {
        try SecretText(
            try #require(ReferencedText(text.replacing("VERSION", with: "\(version)"))),
            with: credentials(value, version: version))
    }

    /// Adds a line with the first version of a secret.
    private func makeLine() async throws -> ResourcePlan {
        var line = LineResource()
        line.edit.path = directory("etc/pgpass")
        line.line = try named("first-value", version: 1, "db:⟦secret:db@VERSION⟧")
        line.match = try LinePattern("^db:")
        let plan = try await host().plan(line, TestFiles(state: directory("state")))
        try await host().perform(plan)
        return plan
    }

    @Test(arguments: [1, 2])
    func `a line with a secret that is new is taken out, whatever its credential is now`(
        version: Int
    ) async throws {
        directory.write("etc/pgpass", "# passwords\nlast", mode: 0o640)
        let plan = try await makeLine()
        #expect(directory.text("etc/pgpass") == "# passwords\nlast\ndb:first-value\n")
        let now = credentials(version == 1 ? "first-value" : "second-value", version: version)
        let again = try await undo(try #require(plan.undo.last), now)
        #expect(directory.text("etc/pgpass") == "# passwords\nlast\n")
        #expect(directory.mode("etc/pgpass") == 0o640)
        // Undone once more it is there, with the value of now.
        _ = try await undo(try #require(again.last), now)
        #expect(
            directory.text("etc/pgpass")?.hasSuffix(
                "\ndb:\(version == 1 ? "first" : "second")-value\n") == true)
        for value in ["first-value", "second-value"] {
            #expect(try await !remembers(value))
            for step in plan.undo + again { #expect(!step.json.line.contains(value)) }
        }
    }

    @Test func `a line with a secret that somebody changed since is left alone`() async throws {
        directory.write("etc/pgpass", "# passwords\n", mode: 0o600)
        let plan = try await makeLine()
        directory.write("etc/pgpass", "# passwords\ndb:by-hand\n", mode: 0o600)
        let files = TestFiles(
            state: directory("state"), credentials: credentials("first-value", version: 1))
        let left = try #require(plan.undo.last).left.resource(at: somewhere)
        #expect(try await !host().plan(left, files).changes.isEmpty)
    }

    @Test func `a block with a secret that is new is taken out`() async throws {
        directory.write("etc/conf", "a\nb\n", mode: 0o644)
        var block = BlockResource()
        block.edit.path = directory("etc/conf")
        block.content = try named(
            "first-value", version: 1, "one ⟦⟧\npassword ⟦secret:db@VERSION⟧\n")
        block.place.after = try LinePattern("^a")
        let plan = try await host().plan(block, TestFiles(state: directory("state")))
        try await host().perform(plan)
        #expect(directory.text("etc/conf")?.contains("one ⟦\npassword first-value\n") == true)
        let again = try await undo(
            try #require(plan.undo.last), credentials("second-value", version: 2))
        #expect(directory.text("etc/conf") == "a\nb\n")
        _ = try await undo(try #require(again.last), credentials("second-value", version: 2))
        #expect(directory.text("etc/conf")?.hasPrefix("a\n# BEGIN") == true)
        #expect(directory.text("etc/conf")?.contains("password second-value\n") == true)
    }

    @Test func `garbage for a record keeps nothing and stops nothing`() async throws {
        _ = try await apply("first-value", version: 1)
        let record = SecretRecord.file(
            of: directory("etc/service.conf"), in: directory("state"))
        #expect(TemporaryDirectory.read(record) != nil)
        directory.write(
            String(record.dropFirst(directory.path.utf8.count + 1)), "{\"pa", mode: 0o600)
        let second = try await apply("second-value", version: 2)
        #expect(try #require(second.first).before.fields["state"]?.string == "lost")
        #expect(directory.text("etc/service.conf") == "password = second-value\n")
        #expect(try await !remembers("first-value"))
    }
}

extension LineResource {
    fileprivate static func secret(
        _ line: String, match: String, in path: String
    ) throws -> LineResource {
        var resource = LineResource()
        resource.edit.path = path
        resource.line = SecretText(Sensitive(line))
        resource.match = try LinePattern(match)
        return resource
    }
}
