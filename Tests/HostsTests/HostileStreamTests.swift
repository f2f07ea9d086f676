import Glibc
import Schema
import Template
import Testing
import Vocabulary

@testable import Hosts

/// Streams that no shell prints, and inventories that nobody means.
@Suite struct HostileStreamTests {
    private static let isLong = getenv("FINFLOW_LONG") != nil
    private let mark: [UInt8] = [0x1E] + Array("0123456789abcdef".utf8)

    @Test func `whatever is in a stream is a frame, noise or malformed, and little is kept of it`()
    {
        var random = SeededGenerator(seed: 7)
        let scraps: [[UInt8]] = [
            mark, Array(mark.prefix(9)), [10], [0x1E], mark + Array("h 12\n".utf8),
            mark + Array("b 1\n".utf8), mark + Array("e 1 0\n".utf8), mark + Array("e 1\n".utf8),
            mark + Array("b 99999999999999999999\n".utf8), mark + Array("e -1 -9\n".utf8),
            Array("some text".utf8), [0, 0xFF, 0xC3], Array(repeating: 120, count: 300),
        ]
        let rounds = Self.isLong ? 200_000 : 5000
        var malformed = 0
        for _ in 0..<rounds {
            var reader = FrameReader(mark: mark)
            var (inside, begun) = (false, 0)
            do {
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    var chunk: [UInt8] = []
                    for _ in 0..<Int.random(in: 0...6, using: &random) {
                        chunk += scraps.randomElement(using: &random) ?? []
                    }
                    if Bool.random(using: &random), !chunk.isEmpty {
                        chunk[Int.random(in: 0..<chunk.count, using: &random)] = UInt8.random(
                            in: 0...255, using: &random)
                    }
                    try reader.feed(chunk) { event in
                        switch event {
                        case .begin:
                            #expect(!inside)
                            (inside, begun) = (true, begun + 1)
                        case .end:
                            #expect(inside)
                            inside = false
                        case .bytes(let bytes): #expect(inside && !bytes.isEmpty)
                        case .ready: break
                        }
                    }
                }
                try reader.finish { _ in }
            } catch {
                #expect(error is FrameReader.Malformed)
                malformed += 1
            }
            #expect(reader.noise.count <= 8192)
        }
        print("\(rounds) streams, \(malformed) malformed")
        #expect(malformed > 0 && malformed < rounds)
    }

    @Test func `whatever is said of hosts is a range, a pattern or an error`() throws {
        var random = SeededGenerator(seed: 11)
        let scraps = [
            "[", "]", ":", "-", "1", "01", "9", "a", "z", "Z", "[1:3]", "[01:20]", "[a:c]",
            "[9:1]", "[0:99999999999999999999]", "[1:9:0]", "[1:9:-1]", "app", "*", "!", "&", ",",
            "é", ".", "_", "\0", " ", "?", "[[", "[1:100000]", "[1:100001]",
        ]
        let inventory = Inventory.localhost
        let rounds = Self.isLong ? 200_000 : 5000
        var (read, refused) = (0, 0)
        for _ in 0..<rounds {
            var text = ""
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                text += scraps.randomElement(using: &random) ?? ""
            }
            do throws(Diagnostics) {
                _ = try HostPattern(text).hosts(in: inventory)
                read += 1
            } catch {
                #expect(error.hasErrors)
                refused += 1
            }
        }
        print("\(rounds) patterns, \(read) read, \(refused) refused")
        #expect(read > 0 && refused > 0)
    }
}
