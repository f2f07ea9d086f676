import Glibc
import Lab
import Loop
import Testing

@Suite struct ScriptTests {
    @Test func theScriptNamesWhatTheMachineLacks() async throws {
        // As somebody who is not root, unless this is already somebody else.
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        let words = (getuid() == 0 ? nobody : []) + ["bash", Lab.script, "check"]
        let answer = try await ChildProcess.collect(
            Command(
                words[0], Array(words.dropFirst()),
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
