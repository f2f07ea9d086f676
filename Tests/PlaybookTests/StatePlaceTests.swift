import Playbook
import Testing
import Vocabulary

@Suite("Where an environment says that its records are kept")
struct StatePlaceTests {
    private func place(_ state: String) throws -> StatePlace? {
        let folder = try PlaybookFolder(["environments/test/environment.yaml": "\(state)\n"])
        return try StatePlace.of(environment: "test", root: folder.root)
    }

    @Test("a directory, a bucket, or a mapping with how a bucket is reached")
    func places() throws {
        #expect(try place("platform: hosts") == nil)
        #expect(try place("state: /srv/state") == .directory("/srv/state"))
        #expect(try place("state: { place: /srv/state }") == .directory("/srv/state"))
        #expect(
            try place("state: s3://finflow-state/production/")
                == .s3(StateBucket(bucket: "finflow-state", prefix: "production")))
        #expect(
            try place("state: s3://finflow-state")
                == .s3(StateBucket(bucket: "finflow-state", prefix: "")))
        let whole = try place(
            """
            state:
              place: s3://finflow-state/a/b
              endpoint: https://s3.example.internal:9000
              region: eu-central-1
              path_style: true
              ca: /etc/ssl/ca.pem
            """)
        #expect(
            whole
                == .s3(
                    StateBucket(
                        bucket: "finflow-state", prefix: "a/b",
                        endpoint: "https://s3.example.internal:9000", region: "eu-central-1",
                        isPathStyle: true, authorities: "/etc/ssl/ca.pem")))
    }

    @Test(
        "what is no place is told where it stands",
        arguments: [
            "state: records", "state: s3://", "state: s3://b//c", "state: s3:///c", "state: [a]",
            "state: {}", "state: { place: s3://b, endpoint: example.com }",
            "state: { place: s3://b, regoin: x }", "state: { place: /srv/state, region: x }",
            "state: { place: s3://b, ca: ca.pem }",
        ])
    func wrong(state: String) {
        let error = #expect(throws: Diagnostics.self) { try place(state) }
        #expect(error?.all.first?.place?.start.line == 1, "\(String(describing: error))")
    }
}
