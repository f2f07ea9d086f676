import Hosts
import Lab
import Loop
import Testing

/// Scripts that are ended before they come to their end.
@Suite struct InterruptionTests {
    /// Says its process id in a file and stays, with a child that stays as well.
    private func endless(_ file: String) -> ShellScript {
        "sleep 1000 & echo $! >\("\(file).new"); mv \("\(file).new") \(file); wait"
    }

    private func isRunning(_ file: String) async throws -> Bool {
        let number = String(decoding: try await fileBytes(file), as: UTF8.self)
        let process = number.split(separator: "\n").joined()
        return fileExists("/proc/\(process)/exe")
    }

    @Test(arguments: Way.all, [ScriptOptions.Lane.quick, .slow])
    func aScriptThatTakesTooLongIsEndedOnTheHost(
        way: Way, lane: ScriptOptions.Lane
    ) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                let limit = Duration.milliseconds(300)
                await #expect(throws: HostError.timedOut(limit)) {
                    try await session.run(
                        endless("\(folder)/pid"), options: ScriptOptions(lane: lane, timeout: limit)
                    )
                }
                let runs = try await isRunning("\(folder)/pid")
                #expect(!runs)
                let after = try await session.run("echo fine")
                #expect(after.text == "fine\n")
            }
        }
    }

    @Test(arguments: Way.all)
    func aScriptThatIgnoresTermIsKilled(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                let script: ShellScript = "trap '' TERM; \(endless("\(folder)/pid"))"
                await #expect(throws: HostError.timedOut(.milliseconds(200))) {
                    try await session.run(
                        script, options: ScriptOptions(timeout: .milliseconds(200)))
                }
                let runs = try await isRunning("\(folder)/pid")
                #expect(!runs)
            }
        }
    }

    @Test(arguments: Way.all)
    func othersOfTheSameBatchStillRunOnce(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                try await withThrowingTaskGroup { group in
                    group.addTask {
                        _ = await #expect(throws: HostError.timedOut(.milliseconds(300))) {
                            try await session.run(
                                "while :; do sleep 1; done",
                                options: ScriptOptions(timeout: .milliseconds(300)))
                        }
                    }
                    for number in 0..<10 {
                        group.addTask {
                            let result = try await session.run(
                                "echo \(number) >>\("\(folder)/log"); echo \(number)")
                            #expect(result.text == "\(number)\n")
                        }
                    }
                    try await group.waitForAll()
                }
                let log = String(decoding: try await fileBytes("\(folder)/log"), as: UTF8.self)
                #expect(log.split(separator: "\n").sorted() == (0..<10).map { "\($0)" })
            }
        }
    }

    @Test(arguments: Way.all)
    func cancellingEndsTheScriptOnTheHost(way: Way) async throws {
        try await withFolder { folder in
            try await withSession(way) { session, _ in
                let gate = "\(folder)/gate"
                _ = try await session.run("mkfifo \(gate)")
                let task = Task {
                    try await session.run("echo >\(gate); \(endless("\(folder)/pid"))")
                }
                // The script has begun.
                _ = try await session.run(
                    "read x <\(gate); until [ -e \("\(folder)/pid") ]; do sleep 0.01; done",
                    lane: .slow)
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
                let runs = try await isRunning("\(folder)/pid")
                #expect(!runs)
            }
        }
    }

    @Test(arguments: Way.all.filter { $0 != .local })
    func aCutConnectionFailsAllThatIsUnderWay(way: Way) async throws {
        try await withFolder { folder in
            let server = try await LocalSSHD.start()
            let session = ShellSession(over: try await way.connect(to: server))
            try await withThrowingTaskGroup { group in
                for lane in [ScriptOptions.Lane.quick, .slow, .slow, .quick] {
                    group.addTask {
                        let script: ShellScript = "echo >>\("\(folder)/begun"); sleep 1000"
                        let error = await #expect(throws: HostError.self) {
                            try await session.run(script, options: ScriptOptions(lane: lane))
                        }
                        guard case .disconnected? = error else {
                            Issue.record("it was \(String(describing: error))")
                            return
                        }
                    }
                }
                // One quick script and both slow ones.
                _ = try await ChildProcess.collect(
                    Command(
                        "sh",
                        [
                            "-c",
                            "until [ \"$(wc -l <\(folder)/begun)\" = 3 ]; do sleep 0.01; done",
                        ]))
                await server.kill()
                try await group.waitForAll()
            }
            await #expect(throws: HostError.self) { try await session.run("true") }
            await session.close()
            await server.stop()
        }
    }

    @Test(arguments: Way.all)
    func aShellThatIsKilledIsReplaced(way: Way) async throws {
        try await withSession(way) { session, counts in
            await #expect(throws: HostError.self) {
                try await session.run("kill -9 $$")
            }
            let after = try await session.run("echo fine")
            #expect(after.text == "fine\n")
            #expect(counts.opened.count == 2)
        }
    }
}
