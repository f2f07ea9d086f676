import Lab
import Loop
import Testing
import Vocabulary

@testable import HTTP

/// A GiB each way (`FINFLOW_LONG=1`, else 64 MiB): unchanged, and in memory that does not grow
/// with it. Each run has a process of its own, this test again, whose memory is nobody else's.
@Suite struct LargeBodyTests {
    /// What more than the first 16 MiB may cost at most, however much it is.
    private static let growth = 16 << 20

    private static let size = Slice.isLong ? 1 << 30 : 64 << 20
    private static let child = environment("FINFLOW_HTTP_CHILD")

    enum Direction: String, CaseIterable, CustomTestStringConvertible, Sendable {
        case up, down, upByTLS = "up-tls", downByTLS = "down-tls", slowlyDown = "slowly-down"

        var testDescription: String { rawValue }
        var port: LocalHTTPServer.Port { rawValue.hasSuffix("tls") ? .tls : .plain }
        var isUp: Bool { rawValue.hasPrefix("up") }
    }

    @Test(arguments: Direction.allCases)
    func bytesArriveUnchangedInFlatMemory(direction: Direction) async throws {
        if let child = Self.child {
            if child == direction.rawValue { try await measure(direction) }
            return
        }
        let (warm, peak) = try await measured(direction)
        print(
            "\(direction.rawValue): \(ByteCount(Self.size)), peak \(ByteCount(peak)),",
            "after 16 MiB it was \(ByteCount(warm))")
        #expect(peak - warm <= Self.growth)
    }

    // MARK: The process that measures itself

    private func measure(_ direction: Direction) async throws {
        try await withClient { client, server in
            try await move(direction, 16 << 20, client, server)
            let warm = try peakMemory()
            try await move(direction, Self.size, client, server)
            let report = try #require(environment("FINFLOW_HTTP_REPORT"))
            try LocalSSHD.write("\(warm) \(try peakMemory())", to: report)
        }
    }

    private func move(
        _ direction: Direction, _ size: Int, _ client: HTTPClient, _ server: LocalHTTPServer
    ) async throws {
        if direction.isUp {
            let request = HTTPRequest(
                .put, server.url("/sink", direction.port),
                body: .stream(length: size) { Pattern(size: size) })
            let answer = try JSON(parsing: try await client.send(request).body)
            #expect(answer["size"] == .int(size))
            #expect(answer["sha256"] == .string(try await digest(size)))
        } else {
            let request = HTTPRequest(.get, server.url("/pattern/\(size)", direction.port))
            try await client.withResponse(to: request) { _, body in
                var check = Pattern.Check()
                for try await chunk in body {
                    check.take(chunk)
                    if direction == .slowlyDown, check.count < 4 << 20 {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                }
                #expect(check.isWhole(size))
            }
        }
    }

    /// By another program.
    private func digest(_ size: Int) async throws -> String {
        try await ChildProcess.withRunning(Command("sha256sum")) { child in
            for try await piece in Pattern(size: size) { try await child.write(piece) }
            await child.closeInput()
            var text = ""
            while case .output(let bytes)? = try await child.read() {
                text += String(decoding: bytes, as: UTF8.self)
            }
            return String(text.prefix { $0 != " " })
        }
    }

    private func peakMemory() throws -> Int {
        let status = try LocalSSHD.read("/proc/self/status")
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kibibytes = try #require(Int(line.drop { !$0.isNumber }.prefix { $0.isNumber }))
        return kibibytes << 10
    }

    // MARK: The process that starts it

    private func measured(_ direction: Direction) async throws -> (warm: Int, peak: Int) {
        try await withDirectory { folder in
            try await inAProcessOfItsOwn(
                "LargeBodyTests",
                [
                    "FINFLOW_HTTP_CHILD": direction.rawValue,
                    "FINFLOW_HTTP_REPORT": "\(folder)/report",
                ])
            let words = try LocalSSHD.read("\(folder)/report").split(separator: " ")
            try #require(words.count == 2)
            return (try #require(Int(words[0])), try #require(Int(words[1])))
        }
    }
}
