import Lab
import LabTraits
import Loop
import Testing

/// A host behind a line that carries one kilobyte a second.
@Suite(.localSSHD, .timeLimit(.minutes(20))) struct SlowHostTests {
    private static let tasks = """
        tasks:
          - id: directory
            directory: { path: "PLACE" }
          - id: configuration
            file: { path: "PLACE/configuration", content: "{{ host.name }}\\n" }
            notify: [told]
          - id: text
            file: { path: "PLACE/text", source: text }
          - id: large
            file: { path: "PLACE/large", source: large }
        handlers:
          - id: told
            command: { run: "echo told >>PLACE/told", always: true }
        """

    /// Carries bytes between a port and another one of the same machine, so many a second and
    /// direction.
    private static let line = """
        import asyncio, sys
        port, rate = int(sys.argv[1]), int(sys.argv[2])
        async def carry(reader, writer):
            try:
                while data := await reader.read(rate // 8):
                    writer.write(data)
                    await writer.drain()
                    await asyncio.sleep(len(data) / rate)
            finally:
                writer.close()
        async def serve(reader, writer):
            to, other = await asyncio.open_connection("127.0.0.1", port, limit=256)
            await asyncio.gather(carry(reader, other), carry(to, writer), return_exceptions=True)
        async def main():
            server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=256)
            print(server.sockets[0].getsockname()[1], flush=True)
            await server.serve_forever()
        asyncio.run(main())
        """

    @Test func `it is set up all the same, and nobody waits for it`() async throws {
        let server = Box<UInt16>()
        try await SSHHosts.with(
            { sshd in
                server.value = sshd.port
                return [
                    SSHHosts.Way(name: "slow", port: 1), SSHHosts.Way(name: "quick", port: nil),
                ]
            }, tasks: Self.tasks
        ) { program, root in
            let port = try #require(server.value)
            try await withPort(of: Self.line, [String(port), "1024"]) { slow in
                // A script whose way alone takes longer than scripts usually may, when all is run.
                let (text, large) = Slice.isLong ? (62_000, 150_000) : (3_000, 8_000)
                let made = try await program.shell(
                    """
                    cd "$HOME/Playbooks"; mkdir -p roles/test/files
                    sed -i 's/port: 1,/port: \(slow),/' environments/local/environment.yaml
                    head --bytes=\(text * 3 / 4) /dev/urandom | base64 -w 0 >roles/test/files/text
                    head --bytes=\(large) /dev/urandom >roles/test/files/large
                    """)
                try #require(made.status == 0, "\(made.error)")
                let run = try await program.run("setup", "--json")
                #expect(run.status == 0, "\(run.output)\(run.error)")
                #expect(run.changed.count == 10)
                let ended = run.lines.filter { $0.contains("\"task-finished\"") }
                let quick = try #require(ended.lastIndex { $0.contains("\"host\":\"quick\"") })
                let first = try #require(
                    ended.firstIndex {
                        $0.contains("\"host\":\"slow\"") && $0.contains("\"changed\"")
                    })
                #expect(quick < first)
                let second = try await program.run("setup", "--json")
                #expect(second.status == 0)
                #expect(second.changed == [])
                let same = try await program.shell(
                    """
                    for name in configuration text large told; do
                      cmp "$HOME/slow/$name" "$HOME/quick/$name"
                    done; find "$HOME" -name '.finflow-*'
                    """)
                #expect(same.lines.count == 1, "\(same.output)")
            }
        }
    }

    private final class Box<Value> {
        var value: Value?
    }
}
