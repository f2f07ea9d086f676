import Loop
import Testing

/// Standard input that no pipe can hold, to programs that treat it in every way.
@Suite struct ChildInputTests {
    private static let sizes = [64 << 10, (64 << 10) + 1, 300_000, 5 << 20]

    private func input(_ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    }

    private func collect(_ script: String, _ input: [UInt8]) async throws -> CollectedOutput {
        try await ChildProcess.collect(Command("sh", ["-c", script]), input: input)
    }

    @Test(arguments: sizes) func aProgramThatReadsInSmallPiecesGetsAllOfIt(size: Int) async throws {
        let input = input(size)
        let result = try await collect("exec dd bs=613 status=none", input)
        #expect(result.output == input)
        #expect(result.exit == .status(0))
    }

    @Test(arguments: sizes)
    func aProgramThatWritesMuchBeforeItReadsGetsAllOfIt(size: Int) async throws {
        let result = try await collect(
            "head -c 3000000 /dev/zero; head -c 2000000 /dev/zero >&2; wc -c", input(size))
        #expect(result.output.count == 3_000_000 + "\(size)\n".utf8.count)
        #expect(result.error.count == 2_000_000)
        #expect(result.outputText.hasSuffix("\0\(size)\n"))
    }

    @Test(arguments: sizes)
    func aProgramThatWritesWhileItReadsToBothStreamsGetsAllOfIt(size: Int) async throws {
        let input = input(size)
        let result = try await collect("exec tee /dev/stderr", input)
        #expect(result.output == input)
        #expect(result.error == input)
    }

    @Test(arguments: sizes) func aProgramThatReadsNothingIsNotWaitedFor(size: Int) async throws {
        #expect(try await collect("exit 4", input(size)).exit == .status(4))
        let writing = try await collect("head -c 1000000 /dev/zero; exit 5", input(size))
        #expect(writing.output.count == 1_000_000)
        #expect(writing.exit == .status(5))
    }

    @Test(arguments: sizes)
    func aProgramThatClosesItsInputEarlyGoesOnWithoutIt(size: Int) async throws {
        let result = try await collect(
            "head -c 1000; exec <&-; head -c 1000000 /dev/zero; exit 6", input(size))
        #expect(result.output.count == 1_001_000)
        #expect(result.exit == .status(6))
    }

    @Test(arguments: sizes)
    func whatAProgramLeavesBehindWithItsInputIsNotWaitedFor(size: Int) async throws {
        let result = try await collect(
            "exec 3<&0; sleep 1000 <&3 >/dev/null 2>&1 3<&- & echo $!; exit 7", input(size))
        #expect(result.exit == .status(7))
        #expect(Int32(result.outputText.dropLast()) != nil)
    }

    @Test func manyProgramsAtOnceGetAllOfTheirInput() async throws {
        let input = input(700_000)
        try await withThrowingTaskGroup(of: CollectedOutput.self) { group in
            for number in 0..<24 {
                let script = number % 2 == 0 ? "exec cat" : "exec dd bs=4099 status=none"
                group.addTask { try await collect(script, input) }
            }
            for try await result in group { #expect(result.output == input) }
        }
    }

    @Test func aWriterIsToldWhenTheInputIsClosedUnderIt() async throws {
        try await ChildProcess.withRunning(Command("sleep", ["1000"])) { child in
            // As much as the pipe holds; one byte more has to wait.
            try await child.write([UInt8](repeating: 0, count: 64 << 10))
            let writing = Task { try await child.write([1]) }
            for _ in 0..<100 { await child.signal(0) }  // turns of the loop
            await child.closeInput()
            await #expect(throws: InputClosedError.self) { try await writing.value }
        }
    }
}
