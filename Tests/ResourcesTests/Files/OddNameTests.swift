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

/// Names that shells, programs and formats might take for something else, over each transport.
@Suite struct OddNameTests {
    private static let names = [
        "new\nline", "'quoted'", "\"quoted\"", "-dash", "ünï→", "*[a]?", "ends\n", "back\\slash",
        " spaces ", "$(id)`id`", "%s%n", "~", "a\tb",
    ]

    @Test func `every file-like resource takes any name, here`() async throws {
        let directory = TemporaryDirectory()
        try await converge(in: directory.path, on: TestHost(stateDirectory: directory("state")))
    }

    @Test(.hosts(1))
    func `every file-like resource takes any name, over SSH`() async throws {
        let lab = try #require(LabHost.leased.first)
        let target = SSHTarget(
            host: lab.address, port: UInt16(lab.site.port), user: lab.user,
            identities: [SSHIdentity(lab.keyFile)], knownHosts: [lab.site.knownHostsFile])
        let host = TestHost(
            over: ShellSession(over: try await SSHTransport.connect(to: target)),
            stateDirectory: "/srv/state")
        try await converge(in: "/srv", on: host)
        await host.session.close()
    }

    private func converge(in parent: String, on host: TestHost) async throws {
        let local = TemporaryDirectory()
        local.write("binary", [0, 0xFF, 0x0A, 0x27] + Array(repeating: 0, count: 70_000))
        local.write("empty", "")
        let made = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-ec",
                    """
                    cd "$0"; mkdir tree
                    for name do printf x >"tree/$name"; done
                    tar --create --file archive tree
                    """, local.path,
                ] + Self.names))
        try #require(made.exit.isSuccess, "\(made.errorText)")
        let files = TestFiles(
            templates: ["t": SecretText("a text\n")],
            paths: [
                "binary": local("binary"), "empty": local("empty"), "archive": local("archive"),
            ])
        _ = try await host.run("mkdir -m 0700 -p -- \(host.stateDirectory)")
        for name in Self.names {
            let base = "\(parent)/\(name)"
            func path(_ last: String) -> Value { .string("\(base)/\(last)\(name)") }
            let resources: [any Resource] = [
                try DirectoryResource.reading([("path", .string(base)), ("mode", "0750")]),
                try FileResource.reading([("path", path("b")), ("source", "binary")]),
                try FileResource.reading([("path", path("e")), ("source", "empty")]),
                try TemplateResource.reading([
                    ("path", path("t")), ("source", "t"), ("validate", "grep -q text %s"),
                ]),
                try LineResource.reading([("path", path("t")), ("line", .string("l"))]),
                try BlockResource.reading([("path", path("t")), ("content", .string("b\n"))]),
                try SymlinkResource.reading([("path", path("s")), ("target", .string(name))]),
                try ArchiveResource.reading([
                    ("path", path("a")), ("source", "archive"), ("strip", 1),
                ]),
            ]
            // The template would take the edits back.
            for resource in resources {
                #expect(
                    try await !host.converge(resource, files).isEmpty,
                    "\(name.debugDescription): \(type(of: resource))")
            }
            for resource in [
                try FileResource.reading([("path", path("b")), ("state", "absent")]),
                try FileResource.reading([("path", path("e")), ("state", "absent")]),
            ] {
                try await host.converge(resource, files)
            }
            let left = try await host.run("ls -A -- \(base) | grep -c . ; ls -A -- \(base)/.fin*")
            #expect(left.status != 0, "\(name.debugDescription): no temporary file is left")
        }
    }
}
