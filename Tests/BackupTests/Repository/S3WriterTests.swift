import AWS
import Backup
import Glibc
import Lab
import LabTraits
import Loop
import RepositoryConformance
import Testing
import Vocabulary

/// A program of its own that writes to a bucket: killed, without its server, measured.
@Suite(.s3) struct S3WriterTests {
    private func command(
        _ bucket: TestBucket, objects: Int, size: Int, atOnce lanes: Int = 1
    ) throws -> Command {
        var environment = [
            "AWS_ACCESS_KEY_ID": S3Lab.accessKey, "AWS_SECRET_ACCESS_KEY": S3Lab.secret,
            "AWS_EC2_METADATA_DISABLED": "true", "FINFLOW_S3_ENDPOINT": bucket.server.endpoint,
            "FINFLOW_S3_CA": bucket.server.authority, "HOME": "/nonexistent",
        ]
        environment["PATH"] = getenv("PATH").map { String(cString: $0) }
        return Command(
            try BuiltProgram.path("backup-writer"),
            ["s3://\(bucket.name)/w", "\(objects)", "\(size)", "\(lanes)"],
            environment: environment)
    }

    private func expectKept(
        _ output: String, size: Int, in repository: some Repository, _ what: String
    ) async throws {
        var promised: Set<String> = []
        // The last line may have been cut with its writer.
        for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ")
            try #require(words.count == 3, "\(what): \(line)")
            let bytes = try await repository.contents(of: key(String(words[0])))
            #expect("\(bytes.count)" == words[1], "\(what)")
            #expect("\(ContentDigest(of: bytes))" == words[2], "\(what)")
            promised.insert(String(words[0]))
        }
        for object in try await repository.list("")
        where object.key.path.hasSuffix(".dump") && !promised.contains(object.key.path) {
            #expect(object.size == size, "\(what)")
        }
    }

    @Test func `killed at random times, it loses nothing that it told, and leaves debris at most`()
        async throws
    {
        var random = SeededGenerator(seed: 5)
        let size = 7_000_000
        let bucket = try await TestBucket.make()
        let repository = try bucket.repository(prefix: "w")
        for round in 0..<(Slice.isLong ? 40 : 5) {
            let lines = Int.random(in: 1...5, using: &random)
            let delay = Int.random(in: 0...40, using: &random)
            var output: [UInt8] = []
            try await ChildProcess.withRunning(
                command(bucket, objects: 1000, size: size, atOnce: 2)
            ) { child in
                while let chunk = try await child.read() {
                    if case .output(let bytes) = chunk { output += bytes }
                    if output.count(where: { $0 == 0x0A }) >= lines { break }
                }
                try await Task.sleep(for: .milliseconds(delay))
                await child.signal(SIGKILL)
                while let chunk = try await child.read() {
                    if case .output(let bytes) = chunk { output += bytes }
                }
            }
            try await expectKept(
                String(decoding: output, as: UTF8.self), size: size, in: repository,
                "round \(round)")
            for debris in try await repository.debris() { try await repository.remove(debris) }
            #expect(try await repository.debris() == [])
        }
    }

    @Test
    func `a server that dies in an upload keeps what it had acknowledged, and no half of one`()
        async throws
    {
        let server = try await S3Lab.start()
        let bucket = try await TestBucket.make(of: server)
        let repository = try bucket.repository(prefix: "w")
        let before = try await repository.put(key("before"), Noise(7_000_000))
        let piece = [UInt8](repeating: 1, count: 256 << 10)
        let source = Hooked(Array(repeating: piece, count: 80), after: 45) { await server.kill() }
        let error = await #expect(throws: RepositoryError.self) {
            try await repository.put(key("during"), source)
        }
        if case .unavailable(let trouble) = error {
            #expect(trouble.cause == .passing)
        } else {
            Issue.record("\(String(describing: error))")
        }

        let again = try await server.restart()
        // It answers before it has found its own volumes.
        var settings = S3Settings.quick
        settings.attempts = 60
        settings.longestPause = .seconds(1)
        let patient = try bucket.repository(prefix: "w", settings: settings)
        #expect(try await patient.size(of: key("during")) == nil)
        let bytes = try await patient.contents(of: key("before"))
        #expect(ContentDigest(of: bytes) == before.sha256)
        // The server could not be told to drop it any more.
        for debris in try await patient.debris() {
            #expect(debris.key.path == "during")
            try await patient.remove(debris)
        }
        #expect(try await patient.debris() == [])
        _ = try await patient.put(key("during"), Noise(7_000_000))
        await again.stop()
    }

    @Test func `memory is that of the parts under way, however large the objects are`()
        async throws
    {
        let bucket = try await TestBucket.make()
        let repository = try bucket.repository(prefix: "w")
        var peaks: [Int] = []
        for size in [60_000_000, Slice.isLong ? 2_500_000_000 : 200_000_000] {
            let result = try await ChildProcess.collect(
                command(bucket, objects: 2, size: size, atOnce: 2))
            #expect(result.exit.isSuccess, "\(result.outputText)\(result.errorText)")
            let line = try #require(result.errorText.split(separator: "\n").last)
            let words = line.split(separator: " ")
            try #require(words.count == 3 && words[0] == "peak", "\(line)")
            let peak = try #require(Int(words[1]))
            print("two uploads of \(ByteCount(size)) at once: peak \(peak >> 10) MiB")
            peaks.append(peak >> 10)
            for object in try await repository.list("") { try await repository.delete(object.key) }
        }
        #expect(peaks.allSatisfy { $0 < 64 })
    }
}
