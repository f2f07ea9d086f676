import Lab
import Loop
import Vocabulary

/// Stand-ins for STS, a container's agent and instance metadata: see
/// `Tests/Lab/Scripts/awsendpoints.py`.
actor AWSEndpoints {
    nonisolated let url: String
    private let child: ChildProcess
    private var pending: [UInt8] = []

    private init(url: String, child: ChildProcess, pending: [UInt8]) {
        self.url = url
        self.child = child
        self.pending = pending
    }

    struct Ended: Error {}

    static func with<Value: Sendable>(
        _ body: (AWSEndpoints) async throws -> Value
    ) async throws -> Value {
        let here = "Tests/AWSTests/Support/AWSEndpoints.swift"
        let script = "\(#filePath.dropLast(here.count))Tests/Lab/Scripts/awsendpoints.py"
        return try await ChildProcess.withRunning(Command("python3", [script])) { child in
            var pending: [UInt8] = []
            let port = try await line(child, &pending)
            return try await body(
                AWSEndpoints(url: "http://127.0.0.1:\(port)", child: child, pending: pending))
        }
    }

    /// Answers so from here on.
    ///
    /// - Returns: how many requests came since the last call.
    @discardableResult
    func answer(_ state: [(String, JSON)] = []) async throws -> Int {
        let members = state.map { JSON.Member($0.0, $0.1) }
        try await child.write(Array("\(JSON.object(members).line)\n".utf8))
        var bytes = pending
        defer { pending = bytes }
        return Int(try await Self.line(child, &bytes)) ?? -1
    }

    private static func line(
        _ child: ChildProcess, _ pending: inout [UInt8]
    ) async throws -> String {
        while true {
            if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            guard case .output(let bytes)? = try await child.read() else { throw Ended() }
            pending += bytes
        }
    }
}
