import Glibc
import Lab
import LabTraits
import Loop
import SSH
import Testing
import Vocabulary

/// A GiB each way (`FINFLOW_LONG=1`, else 96 MiB): unchanged, and in memory that does not grow
/// with it. Each run has a process of its own, this test again, whose memory is nobody else's.
@Suite(.localSSHD) struct LargeTransferTests {
    /// What more than the first 16 MiB may cost at most, however much it is.
    private static let growth = 24 << 20

    private static let size = isSet("FINFLOW_LONG") ? 1 << 30 : 96 << 20
    private static let isChild = isSet("FINFLOW_TRANSFER_CHILD")

    @Test(arguments: Direction.allCases)
    func bytesArriveUnchangedInFlatMemory(direction: Direction) async throws {
        if Self.isChild { return try await transfer(direction) }
        let report = try await inAProcessOfItsOwn(direction)
        print("\(direction.rawValue): \(Self.size >> 20) MiB, \(report.text)")
        #expect(report.peak - report.warm <= Self.growth, "\(report.text)")
    }

    enum Direction: String, CaseIterable, CustomTestStringConvertible, Sendable {
        case upload, download, throughAProgram = "exec"

        var testDescription: String { rawValue }
    }

    // MARK: The process that measures itself

    private func transfer(_ direction: Direction) async throws {
        guard getenv("FINFLOW_TRANSFER_CHILD").map({ String(cString: $0) }) == direction.rawValue
        else { return }
        try await withConnection { connection, server in
            try await move(direction, 16 << 20, connection, server)
            let warm = try peakMemory()
            try await move(direction, Self.size, connection, server)
            let report = "warm \(warm) peak \(try peakMemory())\n"
            try LocalSSHD.write(report, to: try #require(environment("FINFLOW_TRANSFER_REPORT")))
        }
    }

    private func move(
        _ direction: Direction, _ size: Int, _ connection: SSHConnection, _ server: LocalSSHD
    ) async throws {
        let path = "\(server.folder)/large"
        switch direction {
        case .upload:
            try await connection.upload(Pattern(size: size), to: path)
            // Another program's view of what has arrived.
            var check = Pattern.Check()
            let channel = try await connection.exec("cat \(path)")
            while case .output(let bytes)? = try await channel.read() { check.take(bytes) }
            #expect(check.isWhole(size))
        case .download:
            let channel = try await connection.exec("cat >\(path)")
            for await chunk in Pattern(size: size) { try await channel.write(chunk) }
            try await channel.closeInput()
            #expect(try await channel.read() == nil)
            let exit = try await channel.exit()
            #expect(exit == .status(0))
            let file = "\(server.folder)/copy"
            try await connection.download(path, toFile: file)
            let compared = try await connection.run("cmp \(path) \(file)")
            #expect(compared.exit == .status(0), "\(compared.outputText)")
            var check = Pattern.Check()
            try await connection.download(path) { check.take($0) }
            #expect(check.isWhole(size))
        case .throughAProgram:
            let channel = try await connection.exec("cat")
            async let written: Void = {
                for await chunk in Pattern(size: size) { try await channel.write(chunk) }
                try await channel.closeInput()
            }()
            var check = Pattern.Check()
            while case .output(let bytes)? = try await channel.read() { check.take(bytes) }
            try await written
            #expect(check.isWhole(size))
            let exit = try await channel.exit()
            #expect(exit == .status(0))
        }
    }

    private func peakMemory() throws -> Int {
        let status = try LocalSSHD.read("/proc/self/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kibibytes = try #require(Int(line.drop { !$0.isNumber }.prefix { $0.isNumber }))
        return kibibytes << 10
    }

    // MARK: The process that starts it

    private struct Report {
        let warm: Int
        let peak: Int

        var text: String { "peak \(peak >> 20) MiB, after 16 MiB it was \(warm >> 20) MiB" }
    }

    private func inAProcessOfItsOwn(_ direction: Direction) async throws -> Report {
        let folder = try LocalSSHD.makeFolder()
        let path = "\(folder)/report"
        var environment: [String: String] = [:]
        for name in ["PATH", "HOME", "TMPDIR", "FINFLOW_LONG", "LD_LIBRARY_PATH"] {
            environment[name] = self.environment(name)
        }
        environment["FINFLOW_TRANSFER_CHILD"] = direction.rawValue
        environment["FINFLOW_TRANSFER_REPORT"] = path
        let program = try #require(realpath("/proc/self/exe", nil).map { String(cString: $0) })
        let result = try await ChildProcess.collect(
            Command(
                program, ["--testing-library", "swift-testing", "--filter", "LargeTransferTests"],
                environment: environment))
        try #require(result.exit == .status(0), "\(result.outputText)\(result.errorText)")
        let words = try LocalSSHD.read(path).split { $0 == " " || $0 == "\n" }
        try #require(words.count == 4, "\(words)")
        LocalSSHD.removeFolder(folder)
        return Report(warm: try #require(Int(words[1])), peak: try #require(Int(words[3])))
    }

    private func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}

private func isSet(_ name: String) -> Bool { getenv(name) != nil }

/// A stream whose period is a prime: a piece that is lost, doubled or moved shows.
private struct Pattern: AsyncSequence, Sendable {
    private static let period = 1_000_003
    private static let bytes: [UInt8] = {
        var random = SeededGenerator(seed: 1)
        return (0..<period).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }()

    let size: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        var rest: Int
        var offset = 0

        mutating func next() async -> [UInt8]? {
            guard rest > 0 else { return nil }
            let count = Swift.min(256 << 10, rest, Pattern.period - offset)
            defer {
                rest -= count
                offset = (offset + count) % Pattern.period
            }
            return Array(Pattern.bytes[offset..<offset + count])
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: size) }

    /// Compares what arrives with what was sent.
    struct Check {
        private var count = 0
        private var isSame = true

        mutating func take(_ bytes: [UInt8]) {
            var start = 0
            while start < bytes.count {
                let offset = count % Pattern.period
                let length = Swift.min(bytes.count - start, Pattern.period - offset)
                let arrived = bytes[start..<start + length]
                let sent = Pattern.bytes[offset..<offset + length]
                if !areSame(arrived, sent) { isSame = false }
                start += length
                count += length
            }
        }

        func isWhole(_ size: Int) -> Bool { isSame && count == size }
    }
}

/// By memcmp: element by element, a debug build takes a minute for a GiB.
private func areSame(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
    left.withUnsafeBytes { left in
        right.withUnsafeBytes { right in
            guard let left = left.baseAddress, let start = right.baseAddress else { return true }
            return memcmp(left, start, right.count) == 0
        }
    }
}
