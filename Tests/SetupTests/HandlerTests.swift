import Lab
import LabTraits
import Testing

@Suite struct HandlerTests {
    private static let role = """
        tasks:
          - id: configuration
            file: { path: /etc/watched.conf, content: "one\\n", mode: "0644" }
            notify: [reread]
          - id: other
            file: { path: /etc/other.conf, content: "two\\n", mode: "0644" }
            notify: [reread]
        handlers:
          - id: reread
            command: { run: "test -e /run/may && echo done >>/run/reread", always: true }
        """

    @Test(.hosts(1))
    func `a handler that did not come to its end is due until it does`() async throws {
        let host = LabHost.leased[0]
        try await host.reset()
        try await LabPlaybooks.withRole(Self.role, on: [host]) { program in
            func reread() async throws -> String {
                try await host.inspect("cat /run/reread 2>/dev/null || :").outputText
            }
            let name = host.name
            let first = try await program.run("setup", "--env", "lab", "--json")
            #expect(first.status == 1)
            #expect(first.statuses["\(name)/test/reread"] == "failed")

            // Nothing changes now, and yet it is due: the run before never came to it.
            _ = try await host.inspect("touch /run/may")
            let second = try await program.run("setup", "--env", "lab", "--json")
            #expect(second.status == 0, "\(second.output)")
            #expect(second.changed == ["\(name)/test/reread"])
            #expect(try await reread() == "done\n")

            let third = try await program.run("setup", "--env", "lab", "--json")
            #expect(third.changed == [])

            // A part of the graph, or an edit by hand, makes it due once.
            _ = try await host.inspect("echo by hand >/etc/other.conf")
            let fourth = try await program.run("setup", "--env", "lab", "--json")
            #expect(fourth.changed == ["\(name)/test/other", "\(name)/test/reread"])
            #expect(try await reread() == "done\ndone\n")
        }
    }

    @Test(.hosts(1))
    func `a failure leaves out what depends on it, and nothing else`() async throws {
        let host = LabHost.leased[0]
        let role = """
            tasks:
              - id: fails
                command: { run: "echo why >&2; exit 3", always: true }
              - id: behind
                after: [fails]
                file: { path: /etc/behind, content: x }
              - id: beside
                file: { path: /etc/beside, content: x }
            """
        try await host.reset()
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            let run = try await program.run("setup", "--env", "lab")
            #expect(run.status == 1)
            #expect(run.error.contains("FF0801"))
            #expect(run.error.contains("| why"))
            #expect(run.error.contains("Left out because \(host.name)/test/fails failed: 1 task"))
            #expect(run.error.contains("go on with:  finflowctl setup --env lab"))
            let there = try await host.inspect("ls /etc/behind /etc/beside 2>/dev/null").outputText
            #expect(there == "/etc/beside\n")
        }
    }
}
