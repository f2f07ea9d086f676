internal import Loop

/// The script `hosts`.
enum LabScript {
    /// In the source tree: what runs tests and benchmarks is built from a clone.
    static let path = "\(#filePath.dropLast("LabScript.swift".count))hosts"

    static func command(_ arguments: [String], lab: Int = 0) -> Command {
        Command("env", ["LAB=\(lab)", path] + arguments)
    }

    static func run(_ arguments: [String], lab: Int = 0) async throws -> CollectedOutput {
        try await ChildProcess.collect(command(arguments, lab: lab))
    }

    /// Runs what has to succeed.
    static func perform(_ arguments: [String], lab: Int) async throws {
        let result = try await run(arguments, lab: lab)
        guard result.exit.isSuccess else {
            throw LabError("hosts \(arguments.joined(separator: " ")): \(result.errorText)")
        }
    }
}
