import Glibc
import Hosts
import Schema
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

/// A secret that leaves a file is told to nobody by the change that takes it out.
@Suite struct FormerSecretTests {
    private let directory = TemporaryDirectory()

    init() {
        mkdir(directory("state"), 0o700)
        mkdir(directory("etc"), 0o755)
    }

    private var host: TestHost { TestHost(stateDirectory: directory("state")) }
    private var files: TestFiles { TestFiles(state: directory("state")) }

    private func file(_ content: Value, mode: String) throws -> FileResource {
        try .reading([
            ("path", .string(directory("etc/app.conf"))), ("content", content),
            ("mode", .string(mode)),
        ])
    }

    /// Writes the file with the secret, and gives what a plan of `resource` then shows.
    private func shown(
        after mode: String, by resource: some Resource
    ) async throws -> [Change] {
        let secret = try file(.sensitive(Sensitive("password = hunter2\n")), mode: mode)
        try await host.converge(secret, files)
        return try await host.plan(resource, files).changes
    }

    @Test(arguments: ["0600", "0640", "0644"])
    func `what a template held is not shown when it is taken out`(_ mode: String) async throws {
        let plain = try file("password_file = /run/app\n", mode: mode)
        let changes = try await shown(after: mode, by: plain)
        #expect(changes.map(\.what) == ["content"])
        #expect(!"\(changes)".contains("hunter2"))
        #expect(!"\(changes)".contains(sha256Text("password = hunter2\n".utf8).prefix(12)))
    }

    @Test(arguments: ["0600", "0640", "0644"])
    func `nor when a line of it is edited`(_ mode: String) async throws {
        let line = try LineResource.reading([
            ("path", .string(directory("etc/app.conf"))), ("line", "password_file = /run/app"),
            ("match", "^password"),
        ])
        let changes = try await shown(after: mode, by: line)
        #expect(
            changes == [
                Change(.update, "line", before: redaction, after: "password_file = /run/app")
            ])
    }

    @Test func `what others may not read is not shown, whoever wrote it`() async throws {
        directory.write("etc/app.conf", "password = hunter2\n", mode: 0o640)
        let plan = try await host.plan(file("password = taken0ut\n", mode: "0640"), files)
        #expect(plan.changes.map(\.what) == ["content"])
        #expect(!"\(plan.changes)".contains("hunter2"))
        #expect(!"\(plan.changes)".contains(sha256Text("password = hunter2\n".utf8).prefix(12)))
    }

    @Test func `undo of a secret does not show it either`() async throws {
        let plain = try file("nothing secret\n", mode: "0644")
        try await host.converge(plain, files)
        let secret = try file(.sensitive(Sensitive("password = hunter2\n")), mode: "0644")
        let plan = try await host.plan(secret, files)
        try await host.perform(plan)
        let before = try #require(plan.undo.first).before
        #expect(before.fields["state"]?.string == "lost", "it may have held the secret already")
        mkdir(directory("state/prior"), 0o700)
        directory.write("state/prior/\(sha256Text("nothing secret\n".utf8))", "nothing secret\n")
        let put = PathState.file(
            directory("etc/app.conf"), sha256: sha256Text("nothing secret\n".utf8),
            FileAttributes(mode: 0o644))
        let undo = try await host.plan(PathStateResource(put), files)
        #expect(undo.changes.map(\.what) == ["content"])
        #expect(!"\(undo.changes)".contains("hunter2"))
        #expect(!"\(undo.changes)".contains(sha256Text("password = hunter2\n".utf8).prefix(12)))
    }
}

extension FormerSecretTests {
    private static let unitPath = "/etc/systemd/system/web.service"

    /// What a plan shows where the unit held a secret: by its mode alone, or by what the host
    /// remembers of a file whose mode somebody changed.
    private func shown(_ fields: [(String, Value)], mode: Int, hasRecord: Bool) throws -> String {
        let unit = try SystemdUnitResource.reading([("name", "web.service")] + fields)
        let observed = SmallFile.regular("[Service]\nEnvironment=PW=hunter2\n", mode: mode)
        let answers = Answers.to(SmallFileProbe(Self.unitPath), observed)
            .and(UnitProbe("web.service"), UnitState())
            .and(
                SecretRecordProbe(path: Self.unitPath, stateDirectory: "/var/lib/finflow"),
                hasRecord ? .garbled : .none)
        let changes = try unit.plan(answers).changes
        #expect(changes.contains { $0.what == Self.unitPath })
        return "\(changes)"
    }

    @Test(arguments: [(0o600, false), (0o640, false), (0o644, true)])
    func `a unit's former secret is not shown`(_ mode: Int, _ hasRecord: Bool) throws {
        let content: Value = "[Service]\nEnvironmentFile=/etc/web.env\n"
        for fields in [[("content", content)], [("state", "absent")]] {
            let changes = try shown(fields, mode: mode, hasRecord: hasRecord)
            #expect(!changes.contains("hunter2"))
            #expect(changes.contains(redaction))
        }
    }

    @Test func `a unit that held no secret is shown`() throws {
        let changes = try shown([("state", "absent")], mode: 0o644, hasRecord: false)
        #expect(changes.contains("hunter2"), "nothing says that it is one")
    }
}
