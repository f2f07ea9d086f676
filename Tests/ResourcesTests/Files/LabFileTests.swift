import Hosts
import Lab
import LabTraits
import Loop
import Resources
import SSH
import Schema
import Template
import Testing
import Vocabulary

/// On a real host, as a user who becomes root, over SSH.
@Suite struct LabFileTests {
    private let directory = TemporaryDirectory()

    @Test(.hosts(1))
    func `every file-like resource converges, and a second run touches no inode`() async throws {
        let lab = try #require(LabHost.leased.first)
        let target = SSHTarget(
            host: lab.address, port: UInt16(lab.site.port), user: lab.user,
            identities: [SSHIdentity(lab.keyFile)], knownHosts: [lab.site.knownHostsFile])
        let host = TestHost(
            over: ShellSession(over: try await SSHTransport.connect(to: target)),
            stateDirectory: "/var/lib/finflow")
        _ = try await host.session.run(
            "mkdir -p -m 0700 /var/lib/finflow", options: ScriptOptions())

        let files = try await files()
        for resource in try resources() { try await converge(resource, files, on: host) }
        let before = try await stat(lab)
        #expect(before.contains("640 ops root /srv/app/secret"))
        #expect(before.contains("/srv/app/unpacked/bin/run"))
        for resource in try resources() {
            let plan = try await host.plan(resource, files)
            #expect(plan.changes.isEmpty, "\(type(of: resource)): \(plan.changes)")
            #expect(plan.action == nil)
        }
        #expect(try await stat(lab) == before)
        await host.session.close()
    }

    private func converge(
        _ resource: some Resource, _ files: TestFiles, on host: TestHost
    ) async throws {
        #expect(try await !host.converge(resource, files).isEmpty)
    }

    private func files() async throws -> TestFiles {
        directory.write("binary", (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
        let made = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-ec",
                    """
                    cd "$0"; mkdir -p tree/bin; echo run >tree/bin/run
                    tar --create --xz --file archive tree
                    """, directory.path,
                ]))
        try #require(made.exit.isSuccess, "\(made.errorText)")
        return TestFiles(
            templates: ["app.conf": SecretText("listen 8080\n")],
            paths: ["binary": directory("binary"), "archive": directory("archive")])
    }

    private func resources() throws -> [any Resource] {
        [
            try DirectoryResource.reading(["path": "/srv/app", "mode": "0755", "owner": "ops"]),
            try FileResource.reading([
                "path": "/srv/app/secret", "content": .sensitive(Sensitive("hunter2\n")),
                "owner": "ops", "group": "root", "mode": "0640",
            ]),
            try FileResource.reading(["path": "/srv/app/-odd\n'name", "source": "binary"]),
            try TemplateResource.reading([
                "path": "/srv/app/app.conf", "source": "app.conf",
                "validate": "grep -q listen %s",
            ]),
            try LineResource.reading([
                "path": "/etc/login.defs", "match": #"^\s*UMASK\b"#, "line": "UMASK 027",
            ]),
            try BlockResource.reading(["path": "/etc/hosts", "content": "10.0.0.1 db-1\n"]),
            try SymlinkResource.reading(["path": "/srv/app/current", "target": "unpacked"]),
            try ArchiveResource.reading([
                "path": "/srv/app/unpacked", "source": "archive", "strip": 1, "owner": "ops",
            ]),
        ]
    }

    /// As the host itself sees it, without its sshd.
    private func stat(_ lab: LabHost) async throws -> String {
        try await lab.inspect(
            """
            find /srv/app /etc/login.defs /etc/hosts ! -type d \
            -printf '%m %u %g %p %i %T@ %C@\\n' | sort
            """
        ).outputText
    }
}
