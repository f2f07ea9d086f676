import Glibc
import Lab
import LabTraits
import Loop
import SSH
import Testing

@Suite(.localSSHD) struct KeepAliveTests {
    @Test func aSilentProgramOutlivesManyIntervals() async throws {
        try await withConnection(keepAlive: .seconds(2)) { connection, _ in
            let result = try await connection.run("sleep 7; echo done")
            #expect(result.outputText == "done\n")
            #expect(await connection.isOpen)
        }
    }

    @Test func aPeerThatDoesNotAnswerIsGivenUp() async throws {
        try await withConnection(keepAlive: .seconds(3)) { connection, server in
            let channel = try await connection.exec("echo $PPID; sleep 1000")
            guard case .output(let bytes)? = try await channel.read() else { return }
            let line = String(decoding: bytes, as: UTF8.self)
            let session = try #require(Int32(line.dropLast()))
            kill(session, SIGSTOP)  // as good as a cable that is pulled out
            let error = SSHError.timedOut(
                .keepAlive, address: "127.0.0.1:\(server.port)", after: .seconds(9))
            await #expect(throws: error) { try await channel.read() }
            kill(session, SIGKILL)
        }
    }
}
