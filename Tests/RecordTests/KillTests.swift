import Glibc
import Lab
import LabTraits
import Loop
import Record
import Testing
import Vocabulary

/// A program that writes records and is killed: what it was promised is there, nothing is half
/// there, and the next one goes on.
@Suite struct KillTests {
    private static let isLong = getenv("FINFLOW_LONG").map { String(cString: $0) } == "1"

    /// Everything that the writer told before it died is in the store, which has no damage.
    private func expectKept(_ output: String, in root: String, _ what: String) async throws {
        let store = DirectoryStore(root: root)
        let result = try await ChainCheck(store).check()
        #expect(result.damage == [], "\(what): \(result.damage)")
        let archive = RunArchive(store)
        // The last line may have been cut with its writer.
        let lines = output.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        var records: [RunID: RunRecord] = [:]
        for line in lines {
            let words = line.split(separator: " ")
            let run = try #require(RunID(String(words[0])), "\(line)")
            if records[run] == nil { records[run] = try await archive.record(of: run) }
            let record = try #require(records[run], "\(what): the record of \(run) is gone")
            #expect(record.header != nil)
            switch words[1] {
            case "end": #expect(record.ending != nil, "\(what)")
            case "will":
                #expect(record.changes.contains { "\($0.number)" == words[2] }, "\(what)")
            default:
                #expect(
                    record.changes.contains {
                        "\($0.number)" == words[2] && $0.outcome == .changed
                    }, "\(what)")
            }
        }
        // A run that did not come to its end says so, and that its process is gone.
        for (_, record) in records where record.ending == nil {
            #expect(record.state == .killed)
        }
    }

    @Test func `killed at random times, again and again, it loses nothing that it told`()
        async throws
    {
        var random = SeededGenerator(seed: 7)
        let rounds = Self.isLong ? 120 : 8
        try await withDirectory { path in
            for round in 0..<rounds {
                let lines = Int.random(in: 1...120, using: &random)
                var output: [UInt8] = []
                try await ChildProcess.withRunning(
                    Command(try Writer.path, ["\(path)/state", "1000", "20"])
                ) { child in
                    while let chunk = try await child.read() {
                        if case .output(let bytes) = chunk { output += bytes }
                        if output.count(where: { $0 == 0x0A }) >= lines { break }
                    }
                    await child.signal(SIGKILL)
                    // What it told before it died, too.
                    while let chunk = try await child.read() {
                        if case .output(let bytes) = chunk { output += bytes }
                    }
                }
                try await expectKept(
                    String(decoding: output, as: UTF8.self), in: "\(path)/state", "round \(round)")
            }
            print("record writer: killed \(rounds) times at random")
            let left = DirectoryStore(root: "\(path)/state", leftoverAge: 0)
            try await left.tidy()
            let rest = try await ChildProcess.collect(Command("ls", ["-A", "\(path)/state/.tmp"]))
            #expect(rest.outputText == "")
        }
    }

    /// Every call that changes a file system or its durability.
    private static let calls =
        "openat,write,fsync,fchmod,chmod,mkdir,link,unlink,rename,rmdir,flock"

    @Test func `killed at each system call that writes, it loses nothing that it told`()
        async throws
    {
        let probe = try await ChildProcess.collect(
            Command("strace", ["-f", "-qq", "-o", "/dev/null", "true"]))
        try #require(probe.exit.isSuccess, "strace: \(probe.errorText)")
        let step = Self.isLong ? 1 : 23
        try await withDirectory { path in
            var kills = 0
            var number = 1
            while true {
                let root = "\(path)/\(number)"
                let run = try await ChildProcess.collect(
                    Command(
                        "strace",
                        [
                            "-f", "-qq", "-o", "/dev/null", "-e",
                            "inject=\(Self.calls):signal=KILL:when=\(number)",
                            try Writer.path, root, "2", "1",
                        ]))
                try await expectKept(run.outputText, in: root, "call \(number)")
                if run.exit.isSuccess { break }
                kills += 1
                // The next writer goes on where this one was cut.
                let next = try await ChildProcess.collect(
                    Command(try Writer.path, [root, "1", "1"]))
                #expect(next.exit.isSuccess, "call \(number): \(next.outputText)")
                try await expectKept(run.outputText + next.outputText, in: root, "after \(number)")
                number += step
            }
            print("record writer: killed at \(kills) of its system calls, every \(step).")
            #expect(kills > 3)
        }
    }

    @Test func `several writers at once lose nothing, and their runs are one chain`() async throws {
        try await withDirectory { path in
            let outputs = try await withThrowingTaskGroup(of: CollectedOutput.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await ChildProcess.collect(
                            Command(try Writer.path, ["\(path)/state", "3", "5"]))
                    }
                }
                return try await group.reduce(into: [CollectedOutput]()) { $0.append($1) }
            }
            for output in outputs {
                #expect(output.exit.isSuccess, "\(output.outputText.suffix(300))")
                try await expectKept(output.outputText, in: "\(path)/state", "side by side")
            }
            let result = try await ChainCheck(DirectoryStore(root: "\(path)/state")).check()
            #expect(result.runs == 12)
        }
    }
}
