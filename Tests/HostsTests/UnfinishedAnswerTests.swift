import Hosts
import Testing

/// A shell whose answers are cut: none of them is a success.
@Suite struct UnfinishedAnswerTests {
    /// A `sh` whose output goes through `sed`, line by line.
    private func session(editing program: String) -> ShellSession {
        ShellSession(
            over: ShellTransport(["sh", "-c", "sh \"$@\" | sed -u '\(program)'", "sh"]))
    }

    /// What a frame ends with is a line of its mark, `e`, its number and the status.
    private static let end = #"/^\x1e[0-9a-f]*e [0-9]* [0-9]*$/"#

    @Test(arguments: [
        ("without a status", "\(end) s/ [0-9]*$//"), ("without its end", "\(end) {N;d}"),
        ("cut in the middle of its end", "\(end) {s/ [0-9]*$//;q}"),
        ("with a status that is no number", "\(end) s/[0-9]*$/ok/"),
        ("with another one's number", "\(end) s/e [0-9]* /e 77 /"),
    ])
    func anAnswer(_ what: String, program: String) async throws {
        let session = session(editing: program)
        let error = await #expect(throws: HostError.self) {
            try await session.run(
                "echo fine", options: ScriptOptions(timeout: .seconds(2)))
        }
        switch error {
        case .protocolViolation?, .timedOut?: break
        default: Issue.record("\(what): it was \(String(describing: error))")
        }
        await session.close()
    }

    @Test func aDownloadThatIsCutIsNoSuccess() async throws {
        try await withFolder { folder in
            let all = ShellSession(over: ShellTransport(["sh"]))
            _ = try await all.run("printf 'one\\ntwo\\nthree\\n' >\("\(folder)/file")")
            await all.close()
            let session = session(editing: "3q")
            await #expect(throws: HostError.self) {
                try await session.download("\(folder)/file", privilege: .login) { _ in }
            }
            await session.close()
        }
    }
}
