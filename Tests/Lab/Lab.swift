internal import Loop

/// Real hosts for tests and benchmarks: systemd as PID 1, sshd, sudo, a network of their own.
///
/// All of it is the work of the script `hosts` in this folder, which people can use by hand.
public enum Lab {
    /// Whether this machine can run hosts.
    public static var canRunHosts: Bool {
        get async { await missing.isEmpty }
    }

    /// What this machine lacks to run hosts, as its operator would have to know it.
    public static var missing: [String] {
        get async { await machine.value }
    }

    /// The script, as a path.
    public static var script: String { LabScript.path }

    /// Asked once: it starts a dozen processes, and a machine does not change under a test run.
    private static let machine: Task<[String], Never> = Task {
        do {
            let answer = try await LabScript.run(["check"])
            guard !answer.exit.isSuccess else { return [] }
            let lines = (answer.outputText + answer.errorText).split(separator: "\n")
            return lines.map(String.init)
        } catch {
            return ["the script \(LabScript.path): \(error)"]
        }
    }
}

/// What a lab could not do.
public struct LabError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, and the script's own words.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
