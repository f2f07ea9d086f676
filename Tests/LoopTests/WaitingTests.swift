import Glibc
import Loop
import Testing

@Suite struct WaitingTests {
    @Test func whatIsDoneInTimeIsReturned() async throws {
        #expect(try await withTimeout(.seconds(60)) { 7 } == 7)
    }

    @Test func whatTakesTooLongIsCancelledAndWaitedFor() async throws {
        let (ended, note) = AsyncStream<Bool>.makeStream()
        await #expect(throws: TimeoutError.self) {
            try await withTimeout(.milliseconds(1)) {
                defer { note.yield(Task.isCancelled) }
                try await Task.sleep(for: .seconds(1000))
            }
        }
        note.finish()
        #expect(await ended.reduce(into: []) { $0.append($1) } == [true])
    }

    @Test func anErrorOfTheOperationComesThrough() async throws {
        await #expect(throws: SystemError(EIO, in: "read")) {
            try await withTimeout(.seconds(60)) { throw SystemError(EIO, in: "read") }
        }
    }

    @Test func aCancelledTaskIsCancelledNotLate() async throws {
        let task = Task {
            try await withTimeout(.seconds(1000)) { try await Task.sleep(for: .seconds(1000)) }
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    /// Each waits for the next, so they pass only if all of them have a thread.
    @Test func thePoolHasThreadsForManyWhoBlockAtOnce() async throws {
        let count = 8
        var pipes = [Int32](repeating: -1, count: 2 * count)
        for index in 0..<count {
            try #require(pipe(&pipes[2 * index]) == 0)
        }
        defer { for number in pipes { close(number) } }
        let ends = pipes
        await withTaskGroup(of: Int.self) { group in
            for index in 0..<count {
                group.addTask {
                    await BlockingPool.shared.run {
                        var byte: UInt8 = 0
                        let received = index == 0 ? 1 : read(ends[2 * index], &byte, 1)
                        return received + write(ends[2 * ((index + 1) % count) + 1], &byte, 1)
                    }
                }
            }
            for await moved in group { #expect(moved == 2) }
        }
    }

    @Test func aSystemErrorReadsAsItsMeaning() {
        #expect(
            SystemError(ECONNREFUSED, in: "connect").description == "connect: Connection refused")
        #expect(SystemError(9999, in: "x").reason == "error 9999")
    }
}
