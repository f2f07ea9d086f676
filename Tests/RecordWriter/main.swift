// Writes records of runs until it is killed or has made as many as it was asked for, and prints
// what was promised to be kept: after each call that returned, what it wrote.
//
//   record-writer DIRECTORY RUNS CHANGES

import Glibc
import Record
import Vocabulary

let arguments = CommandLine.arguments
guard arguments.count == 4, let runs = Int(arguments[2]), let changes = Int(arguments[3]) else {
    print("usage: record-writer DIRECTORY RUNS CHANGES")
    exit(64)
}
let store = DirectoryStore(root: arguments[1])

@Sendable func tell(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}

for _ in 0..<runs {
    let run = RunID()
    let recorder = RunRecorder(run: run, began: .now, in: store) {
        RunHeader(
            run: run, began: .now, command: ["setup"], environment: "test", version: "0")
    }
    do {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in 0..<2 {
                group.addTask {
                    for index in 0..<changes {
                        let number = try await recorder.willChange(
                            IntendedChange(
                                task: "h/\(lane)/\(index)", host: "h", title: "file \(index)",
                                changes: [
                                    RecordedChange(
                                        kind: "create", what: "content", before: nil,
                                        after: String(repeating: "x", count: 500))
                                ]))
                        tell("\(run) will \(number)")
                        try await recorder.didChange(number, .changed)
                        tell("\(run) did \(number)")
                    }
                }
            }
            try await group.waitForAll()
        }
        try await recorder.end(
            RunEnding(status: .done, seconds: 1, counts: [.changed: 2 * changes]), tasks: [])
        tell("\(run) end")
        try await recorder.prune()
    } catch {
        tell("error \(error)")
        exit(1)
    }
}
