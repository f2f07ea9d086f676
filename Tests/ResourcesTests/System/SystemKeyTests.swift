import Hosts
import Lab
import LabTraits
import TaskGraph
import Template
import Testing
import Vocabulary

@testable import Resources

@Suite("authorized_key") struct SystemKeyTests {
    private let ada = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2fJcGpWv8s9vYdPqXWm3nq9c0kq0V1 ada"
    private let bob = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA bob"

    @Test func optionsWithSpacesAreRead() {
        let line = "from=\"10.0.0.0/8\",command=\"echo it's me\" \(ada) of accounting"
        let key = PublicKey(line)
        #expect(key?.options == "from=\"10.0.0.0/8\",command=\"echo it's me\"")
        #expect(key?.comment == "ada of accounting")
        #expect(key?.line == line)
        #expect(PublicKey("# \(ada)") == nil)
    }

    @Test(.hosts(1)) func keysAreAddedChangedAndRemovedAmongOthers() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            """
            useradd -m eve; mkdir /home/eve/.ssh; chmod 777 /home/eve/.ssh
            printf '# kept\\n\(bob)' > /home/eve/.ssh/authorized_keys
            """)
        func file() async throws -> String {
            try await host.look("cat /home/eve/.ssh/authorized_keys")
        }
        try await host.converge(
            AuthorizedKeyResource.reading(["user": "eve", "key": .string(ada)]))
        #expect(try await file() == "# kept\n\(bob)\n\(ada)")
        #expect(
            try await host.look(
                "stat -c '%a %U' /home/eve/.ssh /home/eve/.ssh/authorized_keys")
                == "700 eve\n600 eve")
        try await host.converge(
            AuthorizedKeyResource.reading(
                ["user": "eve", "key": .string(ada), "options": "no-pty"]))
        #expect(try await file() == "# kept\n\(bob)\nno-pty \(ada)")
        try await host.converge(
            AuthorizedKeyResource.reading(
                ["user": "eve", "key": .string(bob), "state": "absent"]))
        #expect(try await file() == "# kept\nno-pty \(ada)")
        try await host.converge(
            AuthorizedKeyResource.reading(
                ["user": "eve", "key": .string(bob), "exclusive": true]))
        #expect(try await file() == bob)
    }

    @Test func keysWhoseLinesEndAsOnWindowsAreSeveral() throws {
        let key = try AuthorizedKeyResource.reading([
            "user": "eve", "key": .string("\(ada)\r\n\(bob)\r\n"),
        ])
        let home = AuthorizedKeysProbe.Answer(home: "/home/eve", lines: [])
        let plan = try key.plan(.to(AuthorizedKeysProbe(user: "eve"), home))
        #expect(plan.changes.map(\.after) == [ada, bob])
    }

    @Test(.hosts(1)) func aPipeInThePlaceOfTheKeysHoldsNobodyUp() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            "useradd -m eve; mkdir -m 700 /home/eve/.ssh; mkfifo /home/eve/.ssh/authorized_keys")
        try await host.converge(
            AuthorizedKeyResource.reading(["user": "eve", "key": .string(ada)]))
        #expect(try await host.look("cat /home/eve/.ssh/authorized_keys") == ada)
    }

    @Test(.hosts(1)) func aLinkThatAUserPlantedLeadsRootNowhere() async throws {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            "useradd -m eve; mkdir -m 700 /root/prey; ln -s /root/prey /home/eve/.ssh")
        let key = try AuthorizedKeyResource.reading(["user": "eve", "key": .string(ada)])
        await #expect(throws: ActionError.self) { try await host.apply(key) }
        #expect(try await host.look("ls -A /root/prey; stat -c '%a %U' /root/prey") == "700 root")
    }

    @Test func aUserWhoIsMissingIsAnError() throws {
        let key = try AuthorizedKeyResource.reading(["user": "eve", "key": .string(ada)])
        let answers = Answers.to(AuthorizedKeysProbe(user: "eve"), .init(lines: []))
        #expect(throws: Diagnostics.self) { try key.plan(answers) }
        #expect(try key.plan(answers, followsPendingChanges: true).changes.count == 1)
    }
}
