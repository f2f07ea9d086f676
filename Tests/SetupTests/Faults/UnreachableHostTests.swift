import Lab
import LabTraits
import Loop
import Testing

/// Hosts that do not answer at all, among good ones.
@Suite(.localSSHD, .timeLimit(.minutes(5))) struct UnreachableHostTests {
    private static let tasks = """
        tasks:
          - id: directory
            directory: { path: "PLACE" }
          - id: file
            file: { path: "PLACE/file", content: "{{ host.name }}\\n" }
        """

    /// Takes no connections and has no room for more that wait: what asks for one hears nothing,
    /// as from a host behind a firewall that drops packets.
    private static let silence = """
        import socket, time
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(8):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(listener.getsockname())
        print(listener.getsockname()[1], flush=True)
        while True:
            time.sleep(1000)
        """

    @Test func `they take no place from those that answer`() async throws {
        try await withPort(of: Self.silence) { silent in
            // Sorted by name and by the inventory, the silent ones come first.
            let lost = (1...6).map { SSHHosts.Way(name: "a-\($0)", port: silent) }
            let good = (1...3).map { SSHHosts.Way(name: "b-\($0)", port: nil) }
            try await SSHHosts.with({ _ in lost + good }, tasks: Self.tasks) { program, _ in
                let words = ["setup", "--json", "--forks", "3", "--connect-timeout", "4"]
                let run = try await program.run(words)
                #expect(run.status == 3, "\(run.output)\(run.error)")
                for way in lost { #expect(run.statuses["\(way.name)/observe"] == "failed") }
                for way in good { #expect(run.statuses["\(way.name)/test/file"] == "changed") }
                // All that could be done was done before the first silent one was given up.
                let lines = run.lines
                let failed = lines.firstIndex { $0.contains("\"status\":\"failed\"") }
                let done = lines.lastIndex { $0.contains("\"status\":\"changed\"") }
                #expect(try #require(done) < #require(failed), "\(run.output)")

                let second = try await program.run(words + ["--limit", "b-*"])
                #expect(second.status == 0)
                #expect(second.changed == [])
                let none = try await program.run(words + ["--limit", "a-*"])
                #expect(none.status == 4)
            }
        }
    }
}
