import FoundationEssentials
import Glibc
import Lab
import Loop
import Testing
import Vocabulary

/// Whom `killat` kills when the process tree of a run comes to one of its writing system calls.
enum KillMode: String, CaseIterable {
    /// Every process at once: the power goes.
    case tree
    /// finflowctl: `kill -9`. What it has started ends as it would.
    case program
    /// Whoever makes the call, be it a program of the host: memory runs out.
    case caller
}

/// A writing system call of a run, and what became of the run.
struct KillPoint: CustomStringConvertible {
    /// As `killat` reports: the number, the call, the program that makes it, and what it is about.
    let description: String
    /// The run came to its end before.
    let isBeyond: Bool
    /// How many such calls there were until the end of the run, or the kill.
    let number: Int

    init(report: String) throws {
        let words = report.split(separator: " ")
        description = report
        isBeyond = words.first == "completed"
        number = try #require(words.count > 1 ? Int(words[1]) : nil, "\(report)")
    }
}

extension Program {
    /// Runs the program until the `number`th writing call of its process tree; 0 is none.
    func run(
        _ arguments: [String], killedAt number: Int, _ mode: KillMode
    ) async throws -> KillPoint {
        var command = try command(arguments)
        let report = "\(home)/killed"
        let words = [mode.rawValue, String(number), report, command.program]
        command.arguments = words + command.arguments
        command.program = try BuiltProgram.path("killat")
        _ = try await ChildProcess.collect(command)
        let text = try String(contentsOf: URL(filePath: report), encoding: .utf8)
        return try KillPoint(report: text.split(separator: "\n").first.map(String.init) ?? "")
    }
}
