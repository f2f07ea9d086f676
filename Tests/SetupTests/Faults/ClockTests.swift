import FoundationEssentials
import Glibc
import Loop
import Testing

/// The wall clock of the controller, and of the host where that is the same machine, is set by a
/// day while a run goes on (libfaketime; the clock that only counts goes on as it does).
@Suite struct ClockTests {
    private static let role = """
        tasks:
          - id: first
            command: { run: "echo >ROOT/started; read x <ROOT/go; date >ROOT/date", creates: ROOT/date }
          - id: second
            after: [first]
            file: { path: ROOT/second, content: x }
            notify: [told]
        handlers:
          - id: told
            command: { run: "echo told >>ROOT/told", always: true }
        """

    /// Where Debian's package has it.
    private static var library: String {
        get async throws {
            let found = try await ChildProcess.collect(
                Command("sh", ["-c", "ls /usr/lib/*/faketime/libfaketime.so.1"]))
            try #require(found.exit.isSuccess, "no libfaketime: Tools/prepare --tests")
            return found.outputText.split(separator: "\n").map(String.init)[0]
        }
    }

    private struct Record: Decodable {
        var seconds: Double?
        var finishedSeconds: Double?

        enum CodingKeys: String, CodingKey {
            case seconds
            case finishedSeconds = "finished_seconds"
        }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["+1d", "-1d"])
    func `a clock that is set by a day in the middle disturbs neither a run nor the next one`(
        jump: String
    ) async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            for name in ["started", "go"] { mkfifo("\(root)/\(name)", 0o600) }
            let clock = "\(root)/clock"
            try Data("+0\n".utf8).write(to: URL(filePath: clock))
            var command = try program.command(["setup", "--json"])
            let faked = [
                "LD_PRELOAD": try await Self.library, "DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_NO_CACHE": "1", "FAKETIME_TIMESTAMP_FILE": clock,
            ]
            command.environment?.merge(faked) { $1 }
            // The library adds a variable of its own to the program that loads it first, and by
            // that moves what Swift finds the arguments by: so that program is another one.
            command.arguments.insert(command.program, at: 0)
            command.program = "env"
            let result = try await ChildProcess.withRunning(command) { child in
                // A run that ends early must not be waited for: it writes nothing there.
                let started = try await ChildProcess.collect(
                    Command("timeout", ["20", "cat", "\(root)/started"]))
                guard started.exit.isSuccess else {
                    return Program.Outcome(try await child.collect())
                }
                try Data("\(jump)\n".utf8).write(to: URL(filePath: clock))
                _ = try await ChildProcess.collect(
                    Command("timeout", ["60", "sh", "-c", "echo >\(root)/go"]))
                return Program.Outcome(try await child.collect())
            }
            #expect(result.status == 0, "\(result.output)\(result.error)")
            #expect(result.changed.count == 3)
            for line in result.lines {
                let record = try JSONDecoder().decode(Record.self, from: Data(line.utf8))
                for seconds in [record.seconds, record.finishedSeconds].compactMap({ $0 }) {
                    #expect((0..<40_000).contains(seconds), "\(line)")
                }
            }
            // That it was set is seen by what the host's own programs say.
            let date = try await ChildProcess.collect(
                Command(
                    "sh",
                    [
                        "-c",
                        "stat --format=%Y \(root)/date; date --date=\"$(cat \(root)/date)\" +%s",
                    ]))
            let times = date.outputText.split(separator: "\n").compactMap { Int($0) }
            try #require(times.count == 2, "\(date.outputText)\(date.errorText)")
            #expect(abs(times[1] - times[0]) > 40_000)

            // By a clock that is a day off, or right again.
            command.environment?["FAKETIME_TIMESTAMP_FILE"] = clock
            let second = Program.Outcome(try await ChildProcess.collect(command))
            #expect(second.status == 0)
            #expect(second.changed == [])
            let third = try await program.run("setup", "--json")
            #expect(third.status == 0)
            #expect(third.changed == [])
            let told = try await ChildProcess.collect(Command("cat", ["\(root)/told"]))
            #expect(told.outputText == "told\n")
        }
    }
}
