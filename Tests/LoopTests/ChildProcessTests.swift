import Glibc
import Loop
import Testing

@Suite struct ChildProcessTests {
    @Test func aProgramsStreamsAndStatusComeBack() async throws {
        let result = try await ChildProcess.collect(
            Command("sh", ["-c", "cat; echo two >&2; exit 7"]), input: Array("one\n".utf8))
        #expect(result.outputText == "one\n")
        #expect(result.errorText == "two\n")
        #expect(result.exit == .status(7))
    }

    @Test func aSignalThatEndsAProgramIsNamed() async throws {
        let result = try await ChildProcess.collect(Command("sh", ["-c", "kill -SEGV $$"]))
        #expect(result.exit == .signal("SEGV"))
    }

    @Test func aShellAnswersInTurnsForAsLongAsItIsAsked() async throws {
        try await ChildProcess.withRunning(Command("sh")) { shell in
            for number in 1...50 {
                try await shell.write(Array("echo $((\(number) * 2))\n".utf8))
                #expect(try await shell.read() == .output(Array("\(number * 2)\n".utf8)))
            }
            await shell.closeInput()
            #expect(try await shell.read() == nil)
            #expect(try await shell.exit() == .status(0))
        }
    }

    @Test func sixtyFourMebibytesGoThroughUnchanged() async throws {
        var input = (0..<(1 << 10)).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) }
        while input.count < 64 << 20 { input += input }
        let result = try await ChildProcess.collect(Command("cat"), input: input, limit: 65 << 20)
        #expect(result.output == input)
    }

    @Test func moreOutputThanAllowedIsAnErrorAndEndsTheProgram() async throws {
        await #expect(throws: OutputLimitError(limit: 1 << 20)) {
            try await ChildProcess.collect(Command("yes"), limit: 1 << 20)
        }
    }

    @Test func aProgramThatDoesNotReadItsInputIsNoError() async throws {
        let result = try await ChildProcess.collect(
            Command("true"), input: [UInt8](repeating: 0, count: 1 << 20))
        #expect(result.exit == .status(0))
    }

    @Test func writingToAProgramThatHasGoneSaysSo() async throws {
        try await ChildProcess.withRunning(Command("true")) { child in
            let exit = try await child.exit()
            #expect(exit == .status(0))
            await #expect(throws: InputClosedError.self) { try await child.write([1]) }
        }
    }

    @Test(arguments: ["no-such-program", "/no/such/program"])
    func aProgramThatIsNotThereIsAnError(program: String) async throws {
        let error = await #expect(throws: SystemError.self) {
            try await ChildProcess.spawn(Command(program))
        }
        #expect(error?.number == ENOENT)
    }

    @Test func environmentAndFolderAreTheOnesGiven() async throws {
        let result = try await ChildProcess.collect(
            Command("sh", ["-c", "echo $A; pwd"], environment: ["A": "b c"], directory: "/usr"))
        #expect(result.outputText == "b c\n/usr\n")
    }

    @Test func aProgramInheritsNothingButItsStreams() async throws {
        let stray = open("/dev/null", O_RDONLY)  // without O_CLOEXEC, as a library might
        defer { close(stray) }
        let result = try await ChildProcess.collect(
            Command("sh", ["-c", "ls /proc/$$/fd; exec grep -E 'Sig(Ign|Blk)' /proc/self/status"]))
        #expect(result.outputText.hasPrefix("0\n1\n2\nSig"))
        let masks = result.outputText.split(separator: "\n").suffix(2).map { line in
            UInt64(line.suffix(16), radix: 16)
        }
        // Signals from 32 on are the C library's own, and no program's to set.
        #expect(masks.map { $0.map { $0 & 0x7FFF_FFFF } } == [0, 0])
    }

    @Test func aProgramLeadsAGroupOfItsOwnAndDiesWithUs() async throws {
        try await ChildProcess.withRunning(Command("setpriv", ["--dump"])) { child in
            #expect(getpgid(child.id) == child.id)
            let result = try await child.collect()
            #expect(result.outputText.lowercased().contains("parent death signal: kill"))
        }
    }

    @Test func aCancelledReadThrowsAndLeavesTheProgramRunning() async throws {
        try await ChildProcess.withRunning(Command("cat")) { child in
            let reading = Task { try await child.read() }
            reading.cancel()
            await #expect(throws: CancellationError.self) { try await reading.value }
            try await child.write(Array("still here".utf8))
            #expect(try await child.read() == .output(Array("still here".utf8)))
        }
    }

    @Test func aCancelledWriteThrowsAndTheReaderGoesOn() async throws {
        try await ChildProcess.withRunning(Command("sh", ["-c", "read line; echo $line"])) {
            child in
            // Stopped, it takes no more than the pipe holds.
            await child.signal(SIGSTOP)
            let writing = Task {
                try await child.write([UInt8](repeating: 0x78, count: 1 << 20))
            }
            writing.cancel()
            await #expect(throws: CancellationError.self) { try await writing.value }
            await child.signal(SIGCONT)
            try await child.write([0x0A])
            #expect(try await child.read() != nil)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func cancellationStopsAProgramThatIgnoresTERMAndItsChildren() async throws {
        let script = "trap '' TERM; sleep 1000 & echo $!; wait; wait"
        let (pids, feed) = AsyncStream<Int32>.makeStream()
        let running = Task {
            let command = Command("sh", ["-c", script], grace: .milliseconds(50))
            try await ChildProcess.withRunning(command) { child in
                feed.yield(child.id)
                guard case .output(let bytes)? = try await child.read() else { return }
                let line = String(decoding: bytes, as: UTF8.self)
                feed.yield(try #require(Int32(line.dropLast())))
                _ = try await child.exit()
            }
        }
        var started = pids.makeAsyncIterator()
        let shell = try #require(await started.next())
        let grandchild = try #require(await started.next())
        running.cancel()
        await #expect(throws: CancellationError.self) { try await running.value }
        #expect(kill(shell, 0) != 0)
        // It has been killed; ending takes it a moment more than its parent.
        while !isGone(grandchild) { _ = try await ChildProcess.collect(Command("true")) }
    }

    @Test func closingKillsAtOnceAndFurtherUseSaysSo() async throws {
        let child = try await ChildProcess.spawn(Command("sleep", ["1000"]))
        await child.close()
        #expect(kill(child.id, 0) != 0)
        #expect(try await child.read() == nil)
        #expect(try await child.exit() == .signal("KILL"))
        await child.close()
    }

    @Test(.timeLimit(.minutes(2)))
    func manyProgramsAtOnceAllComeBackAndLeaveNothingOpen() async throws {
        let before = leftovers()
        try await withThrowingTaskGroup(of: ProgramExit.self) { group in
            for number in 0..<100 {
                group.addTask {
                    try await ChildProcess.collect(Command("sh", ["-c", "exit \(number)"])).exit
                }
            }
            let statuses = try await group.reduce(into: Set()) { $0.insert($1) }
            #expect(statuses == Set((0..<100).map { .status($0) }))
        }
        // Tests that run beside this one have some, too, but close them; a leak stays for ever.
        var left = leftovers().subtracting(before)
        while !left.isEmpty {
            // Gives the loops time; and ends with the test's own time limit.
            _ = try await ChildProcess.collect(Command("true"))
            left = left.intersection(leftovers())
        }
    }

    @Test func aCommandShowsItsProgramAlone() {
        let command = Command("psql", ["--secret"], environment: ["PGPASSWORD": "hunter2"])
        var dumped = ""
        dump(command, to: &dumped)
        for text in ["\(command)", String(reflecting: command), dumped] {
            #expect(text.contains("psql"))
            #expect(!text.contains("secret"))
            #expect(!text.contains("hunter2"))
        }
    }
}

/// Ended, though its parent may not have been told so yet.
private func isGone(_ process: Int32) -> Bool {
    guard let file = fopen("/proc/\(process)/stat", "r") else { return true }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    fgets(&line, Int32(line.count), file)
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    return text.contains(") Z ") || text.contains(") X ")
}

/// This process's ends of pipes and its pidfds whose programs have gone.
private func leftovers() -> Set<String> {
    guard let folder = opendir("/proc/self/fd") else { return [] }
    defer { closedir(folder) }
    var left: Set<String> = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        guard let number = Int32(name) else { continue }
        var target = [UInt8](repeating: 0, count: 64)
        let length = readlink("/proc/self/fd/\(name)", &target, target.count)
        let kind = String(decoding: target.prefix(max(0, length)), as: UTF8.self)
        let wanted = kind.contains("pidfd") ? POLLIN : POLLHUP | POLLERR
        guard kind.contains("pidfd") || kind.hasPrefix("pipe:") else { continue }
        var state = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        if poll(&state, 1, 0) == 1, Int32(state.revents) & wanted != 0 {
            left.insert("\(name) \(kind)")
        }
    }
    return left
}
