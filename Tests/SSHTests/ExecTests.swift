import Glibc
import Lab
import LabTraits
import Loop
import SSH
import Testing

@Suite(.localSSHD) struct ExecTests {
    @Test func aProgramsStreamsAndStatusComeBack() async throws {
        try await withConnection { connection, _ in
            let result = try await connection.run(
                "cat; echo two >&2; exit 7", input: Array("one\n".utf8))
            #expect(result.outputText == "one\n")
            #expect(result.errorText == "two\n")
            #expect(result.exit == .status(7))
        }
    }

    @Test func aSignalThatEndsAProgramIsNamed() async throws {
        try await withConnection { connection, _ in
            let result = try await connection.run("kill -KILL $$")
            #expect(result.exit == .signal("KILL"))
        }
    }

    @Test func aShellAnswersInTurnsForAsLongAsItIsAsked() async throws {
        try await withConnection { connection, _ in
            let shell = try await connection.exec("sh")
            for number in 1...50 {
                try await shell.write(Array("echo $((\(number) * 2))\n".utf8))
                #expect(try await shell.read() == .output(Array("\(number * 2)\n".utf8)))
            }
            try await shell.closeInput()
            #expect(try await shell.read() == nil)
            #expect(try await shell.exit() == .status(0))
        }
    }

    @Test func aHundredProgramsShareTheChannelsOfOneConnection() async throws {
        try await withConnection { connection, _ in
            try await withThrowingTaskGroup(of: (Int, CollectedOutput).self) { group in
                for number in 0..<100 {
                    group.addTask {
                        (number, try await connection.run("echo \(number); exit \(number)"))
                    }
                }
                for try await (number, result) in group {
                    #expect(result.outputText == "\(number)\n")
                    #expect(result.exit == .status(Int32(number)))
                }
            }
        }
    }

    @Test func sixtyFourMebibytesGoThroughStandardInputAndBackUnchanged() async throws {
        let input = pattern(64 << 20)
        try await withConnection { connection, _ in
            let result = try await connection.run("cat", input: input)
            #expect(result.output == input)
            #expect(result.exit == .status(0))
        }
    }

    @Test func largeOutputOnBothStreamsAtOnceArrivesWhole() async throws {
        try await withConnection { connection, _ in
            let result = try await connection.run(
                "head -c 9000000 /dev/zero & head -c 8000000 /dev/zero >&2; wait")
            #expect(result.output.count == 9_000_000)
            #expect(result.error.count == 8_000_000)
        }
    }

    @Test func aProgramThatDoesNotReadItsInputIsNoError() async throws {
        try await withConnection { connection, _ in
            let result = try await connection.run(
                "exit 3", input: [UInt8](repeating: 0, count: 8 << 20))
            #expect(result.exit == .status(3))
        }
    }

    @Test func aHostThatOpensNoChannelIsNamed() async throws {
        try await withConnection(settings: ["MaxSessions 0"]) { connection, server in
            let error = await #expect(throws: SSHError.self) { try await connection.exec("true") }
            guard case .channelRefused(let address, _)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(address == "127.0.0.1:\(server.port)")
        }
    }

    @Test func aCancelledProgramGivesItsChannelFree() async throws {
        try await withConnection { connection, _ in
            for _ in 0..<(2 * SSHConnection.channelLimit) {
                let (started, note) = AsyncStream<Void>.makeStream()
                let running = Task {
                    let channel = try await connection.exec("echo started; cat")
                    guard case .output? = try await channel.read() else { return }
                    note.yield()
                    _ = try await channel.read()
                }
                for await _ in started { break }
                running.cancel()
                await #expect(throws: CancellationError.self) { try await running.value }
            }
            try await expectAlive(connection)
        }
    }

    @Test func execsThatAreCancelledAtAnyMomentDoNoHarm() async throws {
        try await withConnection { connection, _ in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let running = Task {
                            try await connection.run(
                                "cat", input: [UInt8](repeating: 7, count: 100_000))
                        }
                        for _ in 0..<(number % 12) { await Task.yield() }
                        running.cancel()
                        _ = try? await running.value
                    }
                }
            }
            try await expectAlive(connection)
        }
    }

    @Test func aServerThatIsKilledIsADisconnectionForEverybody() async throws {
        try await withConnection { connection, server in
            let channels = [
                try await connection.exec("echo started; sleep 1000"),
                try await connection.exec("echo started; sleep 1000"),
            ]
            for channel in channels {
                #expect(try await channel.read() == .output(Array("started\n".utf8)))
            }
            await server.kill()
            for channel in channels {
                let error = await #expect(throws: SSHError.self) { try await channel.read() }
                guard case .disconnected? = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
            }
            #expect(await !connection.isOpen)
            await #expect(throws: SSHError.self) { try await connection.exec("true") }
        }
    }

    @Test func aClosedConnectionSaysSo() async throws {
        try await withConnection { connection, _ in
            let channel = try await connection.exec("cat")
            await connection.close()
            await #expect(throws: SSHError.closed) { try await channel.read() }
            await #expect(throws: SSHError.closed) { try await connection.exec("true") }
        }
    }

    @Test func fiftyConnectionsLeaveNoDescriptorOpen() async throws {
        try await withServer { server in
            for _ in 0..<5 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<10 {
                        group.addTask {
                            let connection = try await SSHConnection.connect(to: server.target)
                            _ = try await connection.run("true")
                            // Closed or merely dropped, it makes no difference.
                            if number % 2 == 0 { await connection.close() }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            // What was merely dropped is closed by its loop, which takes turns with others.
            for _ in 0..<1000 where socketsConnected(toPort: server.port) > 0 {
                await EventLoops.shared.next().turn()
            }
            #expect(socketsConnected(toPort: server.port) == 0)
        }
    }
}

/// Bytes that repeat only after a whole MiB.
func pattern(_ count: Int) -> [UInt8] {
    var bytes = (0..<(1 << 16)).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
    while bytes.count < count { bytes += bytes }
    return Array(bytes.prefix(count))
}

extension EventLoop {
    func turn() async {
        await withCheckedContinuation { continuation in post { continuation.resume() } }
    }
}

private func socketsConnected(toPort port: UInt16) -> Int {
    (0..<1024).count { number in
        var name = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getpeername(Int32(number), $0, &length)
            }
        }
        return result == 0 && name.sin_port == port.bigEndian
    }
}
