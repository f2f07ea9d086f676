import Lab
import Loop
import Testing

@Suite struct ScriptTests {
    @Test func theScriptNamesWhatTheMachineLacks() async throws {
        let answer = try await ChildProcess.collect(
            Command(
                "setpriv",
                ["--reuid=65534", "--regid=65534", "--clear-groups", "bash", Lab.script, "check"],
                environment: ["PATH": "/usr/bin:/bin:/usr/sbin", "HOME": "/nonexistent"]))
        #expect(answer.exit == .status(69))
        #expect(answer.outputText.contains("root: "))
    }

    @Test func anUnknownCommandIsAUsageError() async throws {
        let answer = try await ChildProcess.collect(Command(Lab.script, ["frobnicate"]))
        #expect(answer.exit == .status(64))
        #expect(answer.errorText.contains("Usage: hosts"))
    }
}
