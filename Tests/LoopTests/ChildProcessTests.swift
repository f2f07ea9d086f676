import Loop
import Testing

@Suite struct ChildProcessTests {
    @Test func aProgramsStreamsAndStatusComeBack() async throws {
        let result = try await ChildProcess.collect(
            Command("sh", ["-c", "cat; echo two >&2; exit 7"]), input: Array("one\n".utf8))
        #expect(result.outputText == "one\n")
        #expect(result.errorText == "two\n")
        #expect(result.exit == .status(7))
    }
}
