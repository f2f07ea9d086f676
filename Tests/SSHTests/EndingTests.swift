import Lab
import LabTraits
import Loop
import SSH
import Testing

/// How programs end, and what becomes of those whose caller leaves.
@Suite(.localSSHD) struct EndingTests {
    @Test func aChannelThatClosesWithoutAWordIsNoSuccess() async throws {
        let settings = ["ChannelTimeout session:command=1"]
        try await withConnection(settings: settings) { connection, server in
            let unknown = SSHError.exitUnknown(address: "127.0.0.1:\(server.port)")
            let channel = try await connection.exec("echo started; sleep 1000")
            while try await channel.read() != nil {}
            await #expect(throws: unknown) { try await channel.exit() }
            await #expect(throws: unknown) { try await connection.run("sleep 1000") }
            #expect(await connection.isOpen)
        }
    }

    @Test(arguments: [0, 1, 127, 255])
    func aStatusIsTheOneThatTheProgramEndedWith(status: Int32) async throws {
        try await withConnection { connection, _ in
            let result = try await connection.run("exit \(status)")
            #expect(result.exit == .status(status))
        }
    }

    @Test(arguments: ["cat", "yes"])
    func closingAChannelEndsAProgramThatReadsOrWrites(program: String) async throws {
        try await withConnection { connection, _ in
            let channel = try await connection.exec("echo $$; exec \(program)")
            let process = try await firstNumber(of: channel)
            await channel.close()
            try await expectEnd(of: process, connection)
        }
    }

    @Test func cancellingItsCallerEndsAProgramThatReadsItsInput() async throws {
        try await withConnection { connection, server in
            let note = "\(server.folder)/process"
            let (began, tell) = AsyncStream<Void>.makeStream()
            let running = Task {
                let channel = try await connection.exec("echo $$ >\(note); echo; exec cat")
                _ = try await channel.read()
                tell.yield()
                while try await channel.read() != nil {}
            }
            for await _ in began { break }
            running.cancel()
            await #expect(throws: CancellationError.self) { try await running.value }
            let process = try #require(Int(LocalSSHD.read(note).dropLast()))
            try await expectEnd(of: process, connection)
        }
    }

    /// As the documentation of `close()` says.
    @Test func aProgramThatNeitherReadsNorWritesOutlivesItsChannel() async throws {
        try await withConnection { connection, _ in
            let channel = try await connection.exec("echo $$; exec sleep 1000")
            let process = try await firstNumber(of: channel)
            await channel.close()
            // On one connection the host sees the end of the channel before the question.
            let answer = try await connection.run("kill \(process) && echo it was there")
            #expect(answer.outputText == "it was there\n")
        }
    }

    private func firstNumber(of channel: SSHChannel) async throws -> Int {
        var text = ""
        while !text.contains("\n"), case .output(let bytes)? = try await channel.read() {
            text += String(decoding: bytes, as: UTF8.self)
        }
        return try #require(Int(text.prefix { $0 != "\n" }), "\(text.prefix(80))")
    }

    private func expectEnd(of process: Int, _ connection: SSHConnection) async throws {
        // It ends when the process has.
        let waited = try await connection.run("tail --pid=\(process) -f /dev/null")
        #expect(waited.exit == .status(0))
    }
}
