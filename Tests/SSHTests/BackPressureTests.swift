import Lab
import LabTraits
import Loop
import SSH
import Testing

/// Whoever is slower sets the pace, and nobody keeps what the other does not take.
@Suite(.localSSHD) struct BackPressureTests {
    private static let total = 32 << 20
    /// The channel's window, what the other end's buffers hold, and a pipe; far below the total.
    private static let inFlight = 8 << 20

    @Test func aProgramThatDoesNotReadStopsItsWriter() async throws {
        try await withConnection { connection, server in
            let gate = "\(server.folder)/gate"
            #expect(try await connection.run("mkfifo \(gate)").exit == .status(0))
            let channel = try await connection.exec("read line <\(gate); wc -c")
            let written = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let chunk = [UInt8](repeating: 7, count: 64 << 10)
                    while await written.count < Self.total {
                        try await channel.write(chunk)
                        await written.add(chunk.count)
                    }
                    try await channel.closeInput()
                }
                // Others go on meanwhile, and there is time for far more than may be written.
                for _ in 0..<50 { try await expectAlive(connection) }
                #expect(await written.count <= Self.inFlight)
                #expect(try await connection.run("echo >\(gate)").exit == .status(0))
                try await group.waitForAll()
            }
            #expect(try await channel.read() == .output(Array("\(Self.total)\n".utf8)))
        }
    }

    @Test func aCallerThatDoesNotReadStopsTheProgram() async throws {
        try await withConnection { connection, server in
            // A dot for each 64 KiB that it got rid of.
            let dots = "\(server.folder)/dots"
            let channel = try await connection.exec(
                """
                i=0; while [ $i -lt \(Self.total >> 16) ]; do
                    head -c 65536 /dev/zero; printf . >>\(dots); i=$((i + 1))
                done
                """)
            guard case .output(let first)? = try await channel.read() else { return }
            for _ in 0..<50 { try await expectAlive(connection) }
            let size = try await connection.run("stat -c %s \(dots)")
            let written = try #require(Int(size.outputText.dropLast())) << 16
            #expect(written <= Self.inFlight)
            var count = first.count
            while case .output(let bytes)? = try await channel.read() { count += bytes.count }
            #expect(count == Self.total)
        }
    }
}

private actor Counter {
    private(set) var count = 0

    func add(_ more: Int) {
        count += more
    }
}
