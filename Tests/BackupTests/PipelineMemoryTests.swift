import Age
import Archive
import Backup
import Glibc
import Lab
import Loop
import RepositoryConformance
import Testing
import Vocabulary

/// Four objects at once through both ways, in a process of its own, this test again, whose memory
/// is nobody else's: as much as `FINFLOW_LONG=1` says, else a little.
@Suite struct PipelineMemoryTests {
    /// What four larger ones may cost more at most: what they are larger by is 192 MiB.
    private static let growth = 16 << 20
    private static let size = Slice.isLong ? 512 << 20 : 64 << 20
    private static let report = getenv("FINFLOW_BACKUP_REPORT").map { String(cString: $0) }

    @Test func `memory stays flat however large the objects are`() async throws {
        if let report = Self.report {
            try await withDirectory { path in
                try await pass(16 << 20, "\(path)/warm")
                let warm = try peakMemory()
                try await pass(Self.size, "\(path)/r")
                let text = Array("\(warm) \(try peakMemory())".utf8)
                try FileCalls.create(report, text, mode: 0o600)
            }
            return
        }
        try await withDirectory { path in
            var environment: [String: String] = [:]
            for name in ["PATH", "HOME", "TMPDIR", "FINFLOW_LONG", "LD_LIBRARY_PATH"] {
                environment[name] = getenv(name).map { String(cString: $0) }
            }
            environment["FINFLOW_BACKUP_REPORT"] = "\(path)/report"
            let program = try #require(realpath("/proc/self/exe", nil).map { String(cString: $0) })
            let result = try await ChildProcess.collect(
                Command(
                    program,
                    ["--testing-library", "swift-testing", "--filter", "PipelineMemoryTests"],
                    environment: environment))
            try #require(result.exit == .status(0), "\(result.outputText)\(result.errorText)")
            let bytes = try #require(
                try FileCalls.contents(of: "\(path)/report", atMost: .kibibytes(1)))
            let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ")
                .compactMap { Int($0) }
            try #require(numbers.count == 2)
            print(
                "4 × \(Self.size >> 20) MiB: peak \(numbers[1] >> 20) MiB, "
                    + "after 4 × 16 MiB \(numbers[0] >> 20) MiB")
            #expect(numbers[1] - numbers[0] <= Self.growth)
        }
    }

    private func pass(_ size: Int, _ path: String) async throws {
        let identity = Identity()
        let repository = DirectoryRepository(root: path)
        let pipeline = ObjectPipeline(compression: ZstdOptions(workers: 2))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<4 {
                group.addTask {
                    let name = try key("\(index)")
                    let made = try await pipeline.store(
                        Lines(size), as: name, in: repository, to: [identity.recipient])
                    let object = ManifestObject(
                        key: name, content: .rest, plain: made.plain, stored: made.stored)
                    _ = try await pipeline.proveReadable(
                        object, in: repository, with: Keyring(identities: [identity]),
                        observedBy: NoObserver())
                    try await repository.delete(name)
                }
            }
            try await group.waitForAll()
        }
    }

    private func peakMemory() throws -> Int {
        let status = try #require(
            try FileCalls.contents(of: "/proc/self/status", atMost: .kibibytes(64)))
        let line = try #require(
            String(decoding: status, as: UTF8.self).split(separator: "\n").first {
                $0.hasPrefix("VmHWM:")
            })
        let number = try #require(Int(line.drop { !$0.isNumber }.prefix { $0.isNumber }))
        return number << 10
    }
}

/// Text that compresses, made of one piece with another beginning each time.
struct Lines: AsyncSequence, Sendable {
    typealias Failure = any Error
    private let size: Int

    init(_ size: Int) {
        self.size = size
    }

    func makeAsyncIterator() -> Iterator { Iterator(rest: size) }

    struct Iterator: AsyncIteratorProtocol {
        var rest: Int
        private var piece: [UInt8]

        init(rest: Int) {
            self.rest = rest
            piece = Array((0..<8000).map { "\($0 * 7919 % 10_007)\t\\N\n" }.joined().utf8)
        }

        mutating func next() async throws -> [UInt8]? {
            guard rest > 0 else { return nil }
            rest -= Swift.min(rest, piece.count)
            piece.replaceSubrange(0..<8, with: "\(10_000_000 + rest % 89_999_999)".utf8.prefix(8))
            return piece
        }
    }
}
