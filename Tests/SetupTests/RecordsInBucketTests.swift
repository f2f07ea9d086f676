import AWS
import FoundationEssentials
import Glibc
import HTTP
import Lab
import LabTraits
import Testing
import Vocabulary

/// Records of runs in a bucket: what a team shares.
@Suite(.s3) struct RecordsInBucketTests {
    private static let role = "tasks: [{ id: a, file: { path: ROOT/f, content: x } }]"

    private func withBucket(
        _ body: (_ program: Program, _ root: String, _ bucket: String) async throws -> Void
    ) async throws {
        let server = try await S3Lab.shared
        let bucket = "records-\(UInt64.random(in: 0...UInt64.max))"
        let client = S3Client(
            try S3Address(bucket: bucket, endpoint: server.endpoint),
            credentials: CredentialsChain(
                AWSCredentials(accessKey: S3Lab.accessKey, secret: Sensitive(S3Lab.secret))),
            http: HTTPClient(
                HTTPConfiguration(
                    tls: HTTPTLS(authorities: .file(server.authority)), proxy: .none)))
        try await client.createBucket()
        try await Program.withLocalRole(Self.role) { program, root in
            let file = "environments/local/environment.yaml"
            let path = "\(program.playbooks)/\(file)"
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            let state = """
                state:
                  place: s3://\(bucket)/records
                  endpoint: \(server.endpoint)
                  region: us-east-1
                  path_style: true
                  ca: \(server.authority)

                """
            try write([file: text + state], below: program.playbooks)
            try giveCredentials(to: program)
            try await body(program, root, bucket)
        }
    }

    private func giveCredentials(
        to program: Program, _ key: String = S3Lab.accessKey
    ) throws {
        let text = """
            [default]
            aws_access_key_id = \(key)
            aws_secret_access_key = \(S3Lab.secret)

            """
        try write([".aws/credentials": text], below: program.home)
    }

    @Test func `a machine with an empty disk sees a run and undoes it`() async throws {
        try await withBucket { program, root, _ in
            let setup = try await program.run("setup")
            #expect(setup.status == 0, "\(setup.error)")
            #expect(access("\(root)/f", F_OK) == 0)
            #expect(access("\(root)/.local/state", F_OK) != 0)

            let other = Program(home: "\(root)/elsewhere", playbooks: program.playbooks)
            try giveCredentials(to: other)
            let shown = try await other.run("history", "last")
            #expect(shown.status == 0, "\(shown.error)")
            #expect(shown.output.contains("file \(root)/f"))
            let undo = try await other.run("undo", "last")
            #expect(undo.status == 0, "\(undo.output)\(undo.error)")
            #expect(access("\(root)/f", F_OK) != 0)
            let all = try await program.run("history")
            #expect(all.lines.count == 3, "\(all.output)")
            let verified = try await program.run("history", "--verify")
            #expect(verified.status == 0, "\(verified.output)\(verified.error)")
            #expect(verified.output.contains("all is as it was written"))
        }
    }

    @Test func `a run whose record cannot be written changes nothing, and says why`()
        async throws
    {
        try await withBucket { program, root, bucket in
            try giveCredentials(to: program, S3Lab.readingAccessKey)
            let denied = try await program.run("setup")
            #expect(denied.status == 1)
            #expect(denied.error.contains("FF1301"), "\(denied.error)")
            #expect(denied.error.contains("AccessDenied"), "\(denied.error)")
            #expect(denied.error.contains("s3://\(bucket)/records"), "\(denied.error)")
            #expect(!(denied.error + denied.output).contains(S3Lab.secret))
            #expect(access("\(root)/f", F_OK) != 0)

            try write([".aws/credentials": "[default]\n"], below: program.home)
            let nobody = try await program.run("history")
            #expect(nobody.status == 1)
            #expect(nobody.error.contains("credentials"), "\(nobody.error)")
        }
    }
}
