import FoundationEssentials
import Lab
import Playbook
import Testing
import Vocabulary

@testable import Backup

/// What environment.yaml says of databases and backups.
@Suite struct BackupEnvironmentTests {
    private static let recipient = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"

    private func read(_ text: String) async throws -> BackupEnvironment {
        try await withDirectory { root in
            let folder = "\(root)/environments/test"
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/environment.yaml"))
            let sections = try EnvironmentSections.of(environment: "test", root: root)
            return try BackupEnvironment(
                named: "test", databases: sections["databases"], backup: sections["backup"],
                file: sections.file)
        }
    }

    private func problems(_ text: String) async throws -> [String] {
        let error = await #expect(throws: Diagnostics.self) { try await read(text) }
        return (error?.all ?? []).map(\.message)
    }

    @Test func `little is needed, and the rest has usual values`() async throws {
        let read = try await read(
            """
            databases:
              payments:
              auth: { host: auth.db, database: "Auth \\"prod\\"", credential: auth_backup, jobs: 4 }
            backup:
              repository: /var/backups/finflow
              recipients: [\(Self.recipient)]
            """)
        #expect(read.databases.map(\.name) == ["payments", "auth"])
        #expect(read.databases.map(\.database) == ["payments", "Auth \"prod\""])
        #expect(read.credentials == ["auth_backup"])
        #expect(read.settings.repository.place == .directory("/var/backups/finflow"))
        #expect(read.settings.keep == RetentionSettings())
        #expect(read.settings.recipients.map(\.description) == [Self.recipient])
    }

    @Test func `a bucket, copies, sets and reconciliations are read with their names`()
        async throws
    {
        let read = try await read(
            """
            databases: { payments: {}, accounting: {} }
            backup:
              repository: { place: s3://backups/production/, region: eu-central-1, lock: 35 d }
              recipients: [\(Self.recipient)]
              copies: { offsite: s3://elsewhere }
              sets: { configuration: { paths: [/etc/finflow], hosts: app } }
              reconcile:
                ledger:
                  left: { database: payments, query: SELECT 1 }
                  right: { database: accounting, query: SELECT 1 }
            """)
        #expect(read.settings.repository.place == .s3(bucket: "backups", prefix: "production"))
        #expect(read.settings.repository.lock == .seconds(35 * 86400))
        #expect(read.settings.copies.map(\.name) == ["offsite"])
        #expect(read.settings.copies.map(\.place) == [.s3(bucket: "elsewhere", prefix: "")])
        #expect(read.settings.sets.map(\.name) == ["configuration"])
        #expect(read.settings.reconciliations.first?.right.database == "accounting")
    }

    @Test(arguments: [
        ("databases: { a: {} }", "does not say where its backups lie"),
        (
            "backup: { repository: /b, recipients: [] }\ndatabases: { a: {} }",
            "somebody who can read"
        ),
        ("backup: { repository: /b, recipients: [age1x] }\ndatabases: { a: {} }", "recipient"),
        (
            "backup: { repository: b, recipients: [R] }\ndatabases: { a: {} }",
            "no place for backups"
        ),
        (
            "backup: { repository: s3://b//c, recipients: [R] }\ndatabases: { a: {} }",
            "no place for backups"
        ),
        (
            "backup: { repository: { place: /b, region: x }, recipients: [R] }\ndatabases: { a: {} }",
            "`region` is about a bucket"
        ),
        ("backup: { repository: /b, recipients: [R] }", "nothing to back up"),
        ("backup: { repository: /b, recipients: [R] }\ndatabases: { A: {} }", "cannot be a name"),
        (
            "backup: { repository: /b, recipients: [R] }\ndatabases: { a: { password: x } }",
            "unknown key `password`"
        ),
        (
            """
            databases: { payments: {} }
            backup:
              repository: /b
              recipients: [R]
              reconcile:
                x: { left: { database: payment, query: s }, right: { database: payments, query: s } }
            """, "asks `payment`"
        ),
    ])
    func `what is wrong is told`(text: String, part: String) async throws {
        let problems = try await problems(
            text.replacing("[R]", with: "[\(Self.recipient)]"))
        #expect(problems.contains { $0.contains(part) }, "\(problems)")
    }
}
