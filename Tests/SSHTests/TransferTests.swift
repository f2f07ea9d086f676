import Glibc
import Lab
import LabTraits
import Loop
import SSH
import Synchronization
import Testing
import Vocabulary

@Suite(.localSSHD) struct TransferTests {
    @Test func sixtyFourMebibytesGoUpAndComeDownUnchanged() async throws {
        try await withConnection { connection, server in
            let bytes = pattern(64 << 20)
            let path = "\(server.folder)/large"
            let reported = Mutex<[Int]>([])
            let report = { @Sendable (count: ByteCount) in
                reported.withLock { $0.append(count.bytes) }
            }
            try await connection.upload(
                Chunks(bytes, size: 1 << 20), to: path, permissions: 0o640, progress: report)
            #expect(reported.withLock { $0 } == (1...64).map { $0 << 20 })
            #expect(
                try await connection.run("stat -c '%a %s' \(path)").outputText
                    == "640 \(64 << 20)\n")
            var received: [UInt8] = []
            try await connection.download(path) { received += $0 }
            #expect(received == bytes)
        }
    }

    @Test func filesOfThisMachineGoUpAndComeDown() async throws {
        try await withConnection { connection, server in
            let (from, path, to) = (
                "\(server.folder)/from", "\(server.folder)/on the host\n'", "\(server.folder)/to"
            )
            try LocalSSHD.write("hello\n", to: from)
            try await connection.upload(file: from, to: path)
            try await connection.download(path, toFile: to)
            #expect(try LocalSSHD.read(to) == "hello\n")
        }
    }

    @Test func aDownloadThatFailsLeavesTheFileThatWasThere() async throws {
        try await withConnection { connection, server in
            let (from, to) = ("\(server.folder)/from", "\(server.folder)/kept/to")
            try #require(mkdir("\(server.folder)/kept", 0o700) == 0)
            try LocalSSHD.write("old\n", to: to)
            try #require(chmod(to, 0o640) == 0)
            await #expect(throws: SSHError.self) {
                try await connection.download(from, toFile: to)
            }
            // It breaks off in the middle.
            try LocalSSHD.write(String(repeating: "new", count: 1 << 20), to: from)
            await #expect(throws: (any Error).self) {
                try await connection.download(from, toFile: to) { _ in server.cutConnections() }
            }
            #expect(try LocalSSHD.read(to) == "old\n")
            let listing = try await ChildProcess.collect(
                Command("ls", ["-A", "\(server.folder)/kept"]))
            #expect(listing.outputText == "to\n")

            let again = try await SSHConnection.connect(to: server.target)
            try LocalSSHD.write("new\n", to: from)
            try await again.download(from, toFile: to)
            #expect(try LocalSSHD.read(to) == "new\n")
            let mode = try await again.run("stat -c %a \(to)")
            #expect(mode.outputText == "640\n")
            try await again.download(from, toFile: "/dev/null")
            #expect(try await again.run("test -c /dev/null").exit == .status(0))
            await again.close()
        }
    }

    @Test func severalTransfersAndProgramsShareAConnection() async throws {
        try await withConnection { connection, server in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let path = "\(server.folder)/file\(number)"
                        let bytes = [UInt8](repeating: UInt8(number), count: number << 18)
                        try await connection.upload(Chunks(bytes, size: 100_000), to: path)
                        var received: [UInt8] = []
                        try await connection.download(path) { received += $0 }
                        #expect(received == bytes)
                        #expect(
                            try await connection.run("echo \(number)").outputText
                                == "\(number)\n")
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func anErrorOfTheServerIsNamedWithThePath() async throws {
        try await withConnection { connection, server in
            let path = "\(server.folder)/no/such"
            let error = SSHError.transferFailed(path: path, reason: "no such file or folder")
            await #expect(throws: error) { try await connection.download(path) { _ in } }
            await #expect(throws: error) {
                try await connection.upload(Chunks([1], size: 1), to: path)
            }
            try await expectAlive(connection)
        }
    }

    @Test func aServerWithoutSFTPIsAnErrorAndTheConnectionGoesOn() async throws {
        let settings = ["Subsystem other /bin/false"]
        try await withServer(settings: settings, hostKeyTypes: ["ed25519"]) { server in
            let connection = try await SSHConnection.connect(to: server.target)
            await #expect(throws: SSHError.self) { try await connection.download("/x") { _ in } }
            try await expectAlive(connection)
            await connection.close()
        }
    }

    @Test func aCancelledTransferLeavesTheConnectionAsItWas() async throws {
        try await withConnection { connection, server in
            let (started, note) = AsyncStream<Void>.makeStream()
            let path = "\(server.folder)/endless"
            let sending = Task {
                let chunk = [UInt8](repeating: 1, count: 100_000)
                try await connection.upload(
                    Endless(chunk: chunk), to: path, progress: { _ in note.yield() })
            }
            for await _ in started { break }
            sending.cancel()
            await #expect(throws: CancellationError.self) { try await sending.value }
            try await connection.upload(Chunks([7], size: 1), to: path)
            var received: [UInt8] = []
            try await connection.download(path) { received += $0 }
            #expect(received == [7])
        }
    }
}

/// Bytes in pieces.
private struct Chunks: AsyncSequence, AsyncIteratorProtocol {
    private var rest: ArraySlice<UInt8>
    private let size: Int

    init(_ bytes: [UInt8], size: Int) {
        rest = bytes[...]
        self.size = size
    }

    mutating func next() async throws -> [UInt8]? {
        guard !rest.isEmpty else { return nil }
        defer { rest = rest.dropFirst(size) }
        return Array(rest.prefix(size))
    }

    func makeAsyncIterator() -> Chunks { self }
}

private struct Endless: AsyncSequence, AsyncIteratorProtocol {
    let chunk: [UInt8]

    mutating func next() async throws -> [UInt8]? {
        try Task.checkCancellation()
        return chunk
    }

    func makeAsyncIterator() -> Endless { self }
}
