import Lab
import Loop
import SSH
import Testing

@Suite(.enabled(if: LocalSSHD.obstacle == nil, "needs sshd and root"))
struct ExecTests {
    @Test func aProgramsStreamsAndStatusComeBack() async throws {
        try await withServer { server in
            let connection = try await SSHConnection.connect(to: server.target)
            let channel = try await connection.exec("cat; echo two >&2; exit 7")
            let result = try await channel.collect(input: Array("one\n".utf8))
            #expect(result.outputText == "one\n")
            #expect(result.errorText == "two\n")
            #expect(result.exit == .status(7))
            await connection.close()
        }
    }
}
