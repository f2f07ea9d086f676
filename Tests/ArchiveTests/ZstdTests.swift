import Archive
import Glibc
import Loop
import Testing
import Vocabulary

@Suite struct ZstdTests {
    private static let options = [
        ZstdOptions(), ZstdOptions(level: 1), ZstdOptions(level: 9), ZstdOptions(workers: 1),
        ZstdOptions(workers: 2), ZstdOptions(level: 1, workers: 2),
    ]

    private func zstd(_ arguments: [String], _ input: [UInt8]) async throws -> CollectedOutput {
        try await ChildProcess.collect(Command("zstd", ["-q", "-c"] + arguments), input: input)
    }

    @Test(arguments: options)
    func `zstd reads what is written, of every size`(options: ZstdOptions) async throws {
        for size in [0, 1, 131_071, 131_072, 262_144, 262_145, 5_000_003] {
            let bytes = Text(size).bytes
            let packed = try await CompressedChunks(Slices(bytes, 65_536), options).collected()
            let read = try await zstd(["-d"], packed)
            #expect(read.exit.isSuccess, "\(read.errorText)")
            let isSame = read.output == bytes
            #expect(isSame, "\(size) bytes")
        }
    }

    @Test func `what zstd writes is read, frames one behind the other too`() async throws {
        let bytes = Text(3_000_001).bytes
        var packed: [UInt8] = []
        for arguments in [["-1"], ["-19", "--long=27"], ["-3", "-T2", "--no-check"]] {
            packed += try await zstd(arguments, bytes).output
        }
        let all = try await DecompressedChunks(Slices(packed, 10_007)).collected()
        let isSame = all == bytes + bytes + bytes
        #expect(isSame)
    }

    @Test func `the same bytes give the same frame, however they come`() async throws {
        let bytes = Text(4_000_000).bytes
        let once = try await CompressedChunks(Slices(bytes, 65_536)).collected()
        #expect(try await CompressedChunks(Slices(bytes, 65_536)).collected() == once)
        #expect(
            try await DecompressedChunks(Slices(once, 1)).collected().count == bytes.count)
    }

    @Test func `pieces are of at most 256 KiB, and none is empty`() async throws {
        let zeros = [UInt8](repeating: 0, count: 30 << 20)
        let packed = try await CompressedChunks(Slices(zeros, 1 << 20)).collected()
        #expect(packed.count < 10_000)
        var total = 0
        for try await piece in DecompressedChunks(Slices(packed, packed.count)) {
            #expect((1...262_144).contains(piece.count))
            total += piece.count
        }
        #expect(total == zeros.count)
        let noise = Text(3 << 20, isNoise: true).bytes
        for try await piece in CompressedChunks(Slices(noise, 1 << 20)) {
            #expect((1...262_144).contains(piece.count))
        }
    }

    @Test func `a frame that is cut off anywhere is refused`() async throws {
        var random = SeededGenerator(seed: 3)
        let text = Text(700_000).bytes
        for options in [ZstdOptions(), ZstdOptions(workers: 2)] {
            let packed = try await CompressedChunks(Slices(text, 65_536), options).collected()
            let cuts =
                Array(0..<20) + (1...20).map { packed.count - $0 }
                + (0..<100).map { _ in Int.random(in: 0..<packed.count, using: &random) }
            for cut in cuts {
                await #expect(throws: ArchiveError.self, "cut at \(cut)") {
                    try await DecompressedChunks(Slices(Array(packed.prefix(cut)), 4096))
                        .collected()
                }
            }
        }
    }

    @Test func `a frame with a flipped bit is refused, or holds what it held`() async throws {
        var random = SeededGenerator(seed: 4)
        let text = Text(300_000).bytes
        let packed = try await CompressedChunks(Slices(text, 65_536)).collected()
        var refused = 0
        let count = 400
        for _ in 0..<count {
            var bytes = packed
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^=
                1 << UInt8.random(in: 0..<8, using: &random)
            do {
                let read = try await DecompressedChunks(
                    Slices(bytes, 65_536), limit: .mebibytes(1)
                ).collected()
                // Some bits of a frame mean nothing.
                let isSame = read == text
                #expect(isSame)
            } catch is ArchiveError {
                refused += 1
            }
        }
        print("zstd: \(refused) of \(count) frames with a flipped bit refused")
        #expect(refused > count / 2)
    }

    @Test func `what is no frame, or has something behind it, is refused`() async throws {
        let packed = try await CompressedChunks(Slices([1, 2, 3], 3)).collected()
        for wrong in [
            [], [0], Array("PGDMP".utf8), packed + [0], packed + Array("garbage".utf8),
            packed + packed.dropLast(),
        ] {
            await #expect(throws: ArchiveError.self, "\(wrong)") {
                try await DecompressedChunks(Slices(wrong, 5)).collected()
            }
        }
    }

    @Test func `more than is wanted does not come out`() async throws {
        let packed = try await CompressedChunks(
            Slices([UInt8](repeating: 0, count: 8 << 20), 1 << 20)
        ).collected()
        let error = await #expect(throws: ArchiveError.self) {
            try await DecompressedChunks(Slices(packed, 4096), limit: .mebibytes(4)).collected()
        }
        #expect(error?.kind == .tooLarge)
    }

    @Test func `a window that takes too much memory is refused`() async throws {
        let packed = try await zstd(["-3", "--long=31"], Text(1_000_000).bytes)
        try #require(packed.exit.isSuccess)
        // A stream whose size is not known declares all of its window.
        let error = await #expect(throws: ArchiveError.self) {
            try await DecompressedChunks(Slices(packed.output, 65_536)).collected()
        }
        #expect(error?.kind == .tooLarge)
    }

    @Test func `a source that fails has no end`() async throws {
        let text = Text(1_000_000).bytes
        var packed: [UInt8] = []
        do {
            for try await piece in CompressedChunks(Slices(text, 65_536, isBroken: true)) {
                packed += piece
            }
            Issue.record("it came to an end")
        } catch is Slices.Broken {
            let begun = packed
            await #expect(throws: ArchiveError.self) {
                try await DecompressedChunks(Slices(begun, 65_536)).collected()
            }
        }
    }
}
