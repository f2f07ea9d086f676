import Hosts
import Lab
import LabTraits
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

@Suite("apt_repository") struct SystemRepositoryTests {
    private func repository(_ more: (String, Value)...) throws -> AptRepositoryResource {
        var map = Value.map([
            "name": "hello", "uris": "file:/srv/hello", "suites": "stable", "components": "main",
        ])
        if case .map(var entries) = map {
            for (key, value) in more { entries[key] = value }
            map = .map(entries)
        }
        return try .reading(map)
    }

    @Test func aRepositoryWithoutAKeyOfItsOwnIsRefused() {
        #expect(throws: Diagnostics.self) { try repository() }
    }

    @Test(.hosts(1)) func aSignedRepositoryIsAddedAndItsPackagesCanBeHad() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let key = try await host.look("cat /srv/hello/key.asc")
        try await host.converge(repository(("key", .string(key))))
        #expect(
            try await host.look("cat /etc/apt/sources.list.d/hello.sources") == """
                Types: deb
                URIs: file:/srv/hello
                Suites: stable
                Components: main
                Signed-By: /etc/apt/keyrings/hello.asc
                """)
        // Its lists are there, without any other update.
        #expect(try await host.look("apt-cache policy finflow-hello").contains("2.0"))
        try await host.converge(PackageResource.reading(["name": "finflow-hello"]))
        #expect(try await host.look("dpkg-query -W -f='${Version}' finflow-hello") == "2.0")
        try await host.converge(
            AptRepositoryResource.reading(["name": "hello", "state": "absent"]))
        #expect(
            try await host.look(
                "ls -A /etc/apt/sources.list.d /etc/apt/keyrings | grep hello; true")
                == "")
    }

    @Test(.hosts(1)) func aRepositoryThatTheKeyDoesNotSignIsNotPutInPlace() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let other = try repository(
            ("signed_by", "/usr/share/keyrings/debian-archive-keyring.gpg"))
        _ = try await host.look("ls /usr/share/keyrings")
        await #expect(throws: ActionError.self) { try await host.apply(other) }
        #expect(try await host.look("ls -A /etc/apt/sources.list.d | grep hello; true") == "")
        #expect(try await host.look("apt-get -q update >/dev/null 2>&1; echo $?") == "0")
    }
}
