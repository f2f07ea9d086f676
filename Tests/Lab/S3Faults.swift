internal import Loop
public import Vocabulary

/// A proxy before the lab's S3 server that does to requests what networks and servers do: see
/// `Scripts/s3faults.py`. It ends with `stop()` or with this process.
public actor S3Faults {
    /// `http://127.0.0.1:PORT`
    public nonisolated let endpoint: String
    private let child: ChildProcess
    private var lines: LineReader

    private init(endpoint: String, child: ChildProcess, lines: LineReader) {
        self.endpoint = endpoint
        self.child = child
        self.lines = lines
    }

    /// Runs one before `server` for as long as `body` takes.
    public static func with<Value>(
        _ server: S3Lab, _ body: (S3Faults) async throws -> Value
    ) async throws -> Value {
        let faults = try await start(before: server)
        do {
            let value = try await body(faults)
            await faults.stop()
            return value
        } catch {
            await faults.stop()
            throw error
        }
    }

    private static func start(before server: S3Lab) async throws -> S3Faults {
        let script = "\(#filePath.dropLast("S3Faults.swift".count))Scripts/s3faults.py"
        let port = server.plainEndpoint.split(separator: ":").last.map(String.init) ?? ""
        let child = try await ChildProcess.spawn(
            Command(try await S3Lab.program("python"), [script, port]))
        var lines = LineReader()
        let own = try await lines.next(child)
        return S3Faults(endpoint: "http://127.0.0.1:\(own)", child: child, lines: lines)
    }

    public func stop() async {
        await child.close()
    }

    /// Does this to the next requests that begin so.
    ///
    /// - Parameters:
    ///   - request: `PUT /bucket/key`
    ///   - others: what the script says of the fault.
    public func inject(
        _ fault: String, into request: String, times: Int = 1, _ others: [JSON.Member] = []
    ) async throws {
        let members: [JSON.Member] = [
            .init("when", .string(request)), .init("do", .string(fault)),
            .init("times", .int(times)),
        ]
        _ = try await say(.object(members + others))
    }

    /// No faults any more; nothing was seen.
    public func clear() async throws {
        _ = try await say(["clear": true])
    }

    /// How many requests came that begin so.
    public func seen(_ request: String) async throws -> Int {
        Int(try await say(["seen": .string(request)])) ?? -1
    }

    private func say(_ command: JSON) async throws -> String {
        try await child.write(Array("\(command.line)\n".utf8))
        var lines = lines
        defer { self.lines = lines }
        return try await lines.next(child)
    }
}

/// A program's standard output, line by line.
private struct LineReader {
    private var pending: [UInt8] = []

    mutating func next(_ child: ChildProcess) async throws -> String {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            switch try await child.read() {
            case .output(let bytes): pending += bytes
            case .error(let bytes): throw LabError(String(decoding: bytes, as: UTF8.self))
            case nil: throw LabError("the program has ended")
            }
        }
    }
}
