import Backup
import Testing
import Vocabulary

extension RepositoryPromise {
    static let objects = [
        RepositoryPromise("a new repository has nothing, and says so without failing") { one, _ in
            let key = try key("snapshots/a/1")
            #expect(try await one.list("") == [])
            #expect(try await one.list("snapshots/2026") == [])
            #expect(try await one.folders(in: "") == [])
            #expect(try await one.folders(in: "snapshots/") == [])
            #expect(try await one.size(of: key) == nil)
            #expect(try await one.debris() == [])
            try await one.delete(key)
            await #expect(throws: RepositoryError.missing(key)) { try await one.read(key) }
            await #expect(throws: RepositoryError.missing(key)) {
                try await one.retain(key, until: .now)
            }
        },
        RepositoryPromise("what is put is read by others, byte for byte") { one, other in
            let sizes = [0, 1, 65_535, 262_144, 262_145, 12_345_678]
            for (index, size) in sizes.enumerated() {
                let name = try key("snapshots/x/\(index).dump.zst.age")
                let stored = try await one.put(name, Noise(size, seed: UInt64(index)))
                let bytes = try await Noise(size, seed: UInt64(index)).collected()
                #expect(stored == StoredObject(size: size, sha256: ContentDigest(of: bytes)))
                #expect(try await other.size(of: name) == size)
                let isSame = try await other.read(name).collected() == bytes
                #expect(isSame, "\(size) bytes")
            }
        },
        RepositoryPromise("pieces are of at most 256 KiB, and none is empty") { one, other in
            let name = try key("large")
            _ = try await one.put(name, Pieces([[UInt8](repeating: 7, count: 3_000_000), []]))
            var total = 0
            for try await piece in try await other.read(name) {
                #expect((1...262_144).contains(piece.count))
                total += piece.count
            }
            #expect(total == 3_000_000)
        },
        RepositoryPromise("a range is read alone, and one that is not there is told") {
            one, other in
            let name = try key("ranged")
            let bytes = try await Noise(1_000_003).collected()
            try await one.create(name, bytes)
            for range in [
                0..<0, 0..<1, 999..<1000, 262_143..<262_145, 1_000_002..<1_000_003,
                5..<1_000_003, 0..<1_000_003,
            ] {
                let isSame =
                    try await other.read(name, range: range).collected() == Array(bytes[range])
                #expect(isSame, "\(range)")
            }
            for range in [0..<1_000_004, 1_000_004..<1_000_005, -1..<3] {
                await #expect(throws: RepositoryError.cut(name)) {
                    try await other.read(name, range: range).collected()
                }
            }
        },
        RepositoryPromise("an object is read by several at once, and a stream more than once") {
            one, other in
            let name = try key("shared")
            _ = try await one.put(name, Noise(1_500_000))
            let bytes = try await Noise(1_500_000).collected()
            let stream = try await other.read(name)
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<4 { group.addTask { try await stream.collected() == bytes } }
                for try await isSame in group { #expect(isSame) }
            }
        },
        RepositoryPromise("a source that fails leaves no object, and its key free") { one, other in
            let name = try key("snapshots/f/1")
            let piece = [UInt8](repeating: 1, count: 200_000)
            for count in [0, 1, 60] {
                let source = Pieces(
                    Array(repeating: piece, count: count), failing: Pieces.Broken())
                await #expect(throws: Pieces.Broken()) { try await one.put(name, source) }
                #expect(try await other.size(of: name) == nil)
                #expect(try await other.list("") == [])
                #expect(try await other.debris() == [])
            }
            _ = try await one.put(name, Pieces([[1]]))
            #expect(try await other.contents(of: name) == [1])
        },
        RepositoryPromise("a writer that is cancelled leaves no object") { one, other in
            let name = try key("snapshots/c/1")
            let source = Endless()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: CancellationError.self) {
                        try await one.put(name, source)
                    }
                }
                await source.hasGiven(20)
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(try await other.size(of: name) == nil)
            #expect(try await other.debris() == [])
        },
        RepositoryPromise("more than is wanted is not read") { one, other in
            let name = try key("manifest.json")
            try await one.create(name, [UInt8](repeating: 0, count: 2000))
            await #expect(throws: RepositoryError.tooLarge(name, limit: ByteCount(1999))) {
                try await other.contents(of: name, atMost: ByteCount(1999))
            }
            #expect(try await other.contents(of: name, atMost: ByteCount(2000)).count == 2000)
        },
        RepositoryPromise("an object can be deleted twice and written again") { one, other in
            let name = try key("x/y")
            try await one.create(name, [1])
            try await other.delete(name)
            try await one.delete(name)
            #expect(try await other.size(of: name) == nil)
            try await one.create(name, [2])
            #expect(try await other.contents(of: name) == [2])
        },
    ]
}
