import Glibc
import Loop
import Testing

/// Runs a suite, this one usually, once more in a process of its own, which sees nothing of this
/// one's environment but `environment` and what a process needs.
func inAProcessOfItsOwn(_ suite: String, _ environment: [String: String]) async throws {
    var all = environment
    for name in ["PATH", "HOME", "FINFLOW_LONG", "LD_LIBRARY_PATH"] {
        all[name] = HTTPTests.environment(name)
    }
    let program = try #require(realpath("/proc/self/exe", nil).map { String(cString: $0) })
    let arguments = ["--testing-library", "swift-testing", "--filter", suite]
    let result = try await ChildProcess.collect(Command(program, arguments, environment: all))
    try #require(result.exit == .status(0), "\(result.outputText)\(result.errorText)")
}

func environment(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
}
