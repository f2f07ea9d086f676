import Glibc
import Hosts
import Testing

/// Whoever waits for a script is answered once, whatever comes back later.
@Suite(.timeLimit(.minutes(2))) struct AnsweredOnceTests {
    @Test func `what is given up while its shell is opened is never run`() async throws {
        try await withFolder { folder in
            let gate = Gate()
            let session = ShellSession(
                over: GatedTransport(base: LocalTransport(), gate: gate, point: .opening),
                becomes: false)
            let waiting = Task { try await session.run("echo run >\(folder)/run") }
            await gate.reached()
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
            gate.open()
            let next = try await session.run("ls -A \(folder)")
            #expect(next.text == "")
            await session.close()
        }
    }

    @Test func `an answer that comes after the session was closed is none any more`()
        async throws
    {
        let gate = Gate()
        let session = ShellSession(
            over: GatedTransport(base: LocalTransport(), gate: gate, point: .reading),
            becomes: false)
        let waiting = Task { try await session.run("echo answer") }
        // What it has read by now are the beginning and the end of the script, most likely.
        await gate.reached()
        await session.close()
        await #expect(throws: HostError.self) { try await waiting.value }
        gate.open()
        waiting.cancel()
        await #expect(throws: HostError.self) { try await session.run("true") }
    }
}
