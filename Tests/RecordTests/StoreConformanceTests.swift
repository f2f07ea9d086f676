import Record
import Testing

/// What every state store promises.
@Suite struct StoreConformanceTests {
    @Test(arguments: StoreKind.all)
    func `a new store has nothing, and says so without failing`(kind: StoreKind) async throws {
        try await kind.with { store, _ in
            #expect(try await store.keys(withPrefix: "") == [])
            #expect(try await store.keys(withPrefix: "runs/2026") == [])
            #expect(try await store.folders(in: "runs/") == [])
            #expect(try await store.read(key("runs/a/1")) == nil)
            try await store.delete(key("runs/a/1"))
            try await store.tidy()
        }
    }

    @Test(arguments: StoreKind.all)
    func `what is created is read by others, byte for byte`(kind: StoreKind) async throws {
        try await kind.with { store, other in
            let every = (0...255).map { UInt8($0) }
            let contents: [[UInt8]] = [
                [], every, [UInt8](repeating: 0x0A, count: 3), Array(repeating: 7, count: 1 << 20),
            ]
            for (index, bytes) in contents.enumerated() {
                let name = try key("folder/object-\(index)")
                let version = try await store.create(name, bytes)
                let object = try #require(try await other.read(name))
                #expect(object.bytes == bytes)
                #expect(object.version == version)
            }
        }
    }

    @Test(arguments: StoreKind.all)
    func `what nobody could read again is not written`(kind: StoreKind) async throws {
        try await kind.with { store, other in
            let bytes = [UInt8](repeating: 7, count: stateObjectLimit.bytes + 1)
            let (new, old) = (try key("new"), try key("old"))
            let version = try await store.create(old, [1])
            await #expect(throws: StateStoreError.self) { try await store.create(new, bytes) }
            await #expect(throws: StateStoreError.self) {
                try await store.replace(old, bytes, expecting: version)
            }
            #expect(try await other.read(new) == nil)
            #expect(try await other.read(old)?.bytes == [1])
        }
    }

    @Test(arguments: StoreKind.all)
    func `what is there is not created again, and stays as it was`(kind: StoreKind) async throws {
        try await kind.with { store, other in
            let name = try key("once")
            try await store.create(name, [1])
            await #expect(throws: StateStoreError.exists(name)) {
                try await other.create(name, [2])
            }
            await #expect(throws: StateStoreError.exists(name)) {
                try await other.create(name, [1])
            }
            #expect(try await store.read(name)?.bytes == [1])
        }
    }

    @Test(arguments: StoreKind.all)
    func `of many that create one key at the same time one succeeds`(
        kind: StoreKind
    ) async throws {
        try await kind.with { store, other in
            let name = try key("a/b/c")
            let winners = try await race(24) { number in
                try await (number % 2 == 0 ? store : other).create(name, [UInt8(number)])
            }
            #expect(winners.count == 1)
            #expect(try await store.read(name)?.bytes == winners.map { UInt8($0) })
        }
    }

    @Test(arguments: StoreKind.all)
    func `an object is replaced by those alone who know what it is`(kind: StoreKind) async throws {
        try await kind.with { store, other in
            let name = try key("counter")
            let first = try await store.create(name, [1])
            let second = try await other.replace(name, [2], expecting: first)
            #expect(first != second)
            await #expect(throws: StateStoreError.changed(name)) {
                try await store.replace(name, [3], expecting: first)
            }
            #expect(try await store.read(name) == StateObject(bytes: [2], version: second))
            try await store.replace(name, [3], expecting: second)
            #expect(try await other.read(name)?.bytes == [3])

            try await other.delete(name)
            await #expect(throws: StateStoreError.changed(name)) {
                try await store.replace(name, [4], expecting: second)
            }
            #expect(try await store.read(name) == nil)
        }
    }

    @Test(arguments: StoreKind.all)
    func `of many that replace one version one succeeds, and no count is lost`(
        kind: StoreKind
    ) async throws {
        try await kind.with { store, other in
            let name = try key("counter")
            let version = try await store.create(name, [0])
            let winners = try await race(16) { number in
                try await (number % 2 == 0 ? store : other).replace(
                    name, [UInt8(number + 1)], expecting: version)
            }
            #expect(winners.count == 1)

            // Each counts up by one, again and again until it was the one that did.
            let start = try await store.read(name)?.bytes.first ?? 0
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask { [own = number % 2 == 0 ? store : other] in
                        for _ in 0..<5 { try await Self.count(name, own) }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.read(name)?.bytes == [start + 40])
        }
    }

    private static func count(_ name: StateKey, _ store: any StateStore) async throws {
        while true {
            let object = try #require(try await store.read(name))
            do {
                try await store.replace(name, [object.bytes[0] + 1], expecting: object.version)
                return
            } catch StateStoreError.changed {
                continue
            }
        }
    }

    /// Which of so many attempts at the same time succeeded; the others must have been told.
    private func race(
        _ count: Int, _ attempt: @escaping @Sendable (Int) async throws -> StateVersion
    ) async throws -> [Int] {
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 0..<count {
                group.addTask {
                    do {
                        _ = try await attempt(number)
                        return number
                    } catch StateStoreError.exists, StateStoreError.changed {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { if let winner = $1 { $0.append(winner) } }
        }
    }

    @Test(arguments: StoreKind.all)
    func `keys are listed by their beginnings, sorted, and folders by their names`(
        kind: StoreKind
    ) async throws {
        try await kind.with { store, other in
            let names = [
                "runs/20261124T140312Z-aaaaaa/000001.ndjson",
                "runs/20261124T140312Z-aaaaaa/000002.ndjson",
                "runs/20261125T000000Z-bbbbbb/000001.ndjson", "runs.json", "quiet/a/1", "r",
            ]
            for name in names.shuffled() { try await store.create(key(name), []) }
            func keys(_ prefix: String) async throws -> [String] {
                try await other.keys(withPrefix: prefix).map(\.path)
            }
            #expect(try await keys("") == names.sorted())
            #expect(try await keys("runs") == names.filter { $0.hasPrefix("runs") }.sorted())
            #expect(try await keys("runs/") == Array(names.prefix(3)))
            #expect(try await keys("runs/20261124") == Array(names.prefix(2)))
            #expect(try await keys("runs/20261124T140312Z-aaaaaa/000002") == [names[1]])
            #expect(try await keys("none/") == [])
            #expect(
                try await other.folders(in: "runs/") == [
                    "20261124T140312Z-aaaaaa", "20261125T000000Z-bbbbbb",
                ])
            try await other.delete(key(names[2]))
            #expect(try await keys("runs/20261125") == [])
        }
    }

    @Test(arguments: StoreKind.all)
    func `an object can be deleted twice and created again`(kind: StoreKind) async throws {
        try await kind.with { store, other in
            let name = try key("x/y")
            try await store.create(name, [1])
            try await other.delete(name)
            try await store.delete(name)
            #expect(try await other.read(name) == nil)
            try await store.create(name, [2])
            #expect(try await other.read(name)?.bytes == [2])
        }
    }

    @Test(arguments: StoreKind.all)
    func `objects come and go in a folder while others write there`(kind: StoreKind) async throws {
        try await kind.with { store, other in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<6 {
                    group.addTask { [own = lane % 2 == 0 ? store : other] in
                        for turn in 0..<10 {
                            let name = try key("shared/\(lane)-\(turn)")
                            try await own.create(name, [UInt8(turn)])
                            if turn % 3 != 0 { try await own.delete(name) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.keys(withPrefix: "shared/").count == 6 * 4)
        }
    }

    @Test func `a key is a path that cannot leave the store`() {
        for wrong in [
            "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "a/.b", ".a", "a b", "a\nb", "ä",
            "a\u{0}", String(repeating: "a", count: 201),
            Array(repeating: "aaaa", count: 200).joined(separator: "/"),
        ] {
            #expect(StateKey(wrong) == nil, "\(wrong)")
        }
        #expect(StateKey("runs/20261124T140312Z-k3f9q2/000001.ndjson") != nil)
    }
}
