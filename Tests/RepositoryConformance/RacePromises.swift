import Backup
import Testing

extension RepositoryPromise {
    static let races = [
        RepositoryPromise("what is there is not written again, and stays as it was") { one, other in
            let name = try key("once")
            try await one.create(name, [1])
            for bytes: [UInt8] in [[2], [1], []] {
                await #expect(throws: RepositoryError.exists(name)) {
                    try await other.create(name, bytes)
                }
                await #expect(throws: RepositoryError.exists(name)) {
                    try await other.put(name, Pieces([bytes]))
                }
            }
            #expect(try await one.contents(of: name) == [1])
            #expect(try await one.debris() == [])
        },
        RepositoryPromise("of many that create one key at the same time one succeeds") {
            one, other in
            let name = try key("a/b/c")
            let winners = try await race(24) { number in
                try await (number % 2 == 0 ? one : other).create(name, [UInt8(number)])
            }
            #expect(winners.count == 1)
            #expect(try await one.contents(of: name) == winners.map { UInt8($0) })
        },
        RepositoryPromise("of many that put one key at the same time one succeeds, whole") {
            one, other in
            let name = try key("a/large")
            let winners = try await race(6) { number in
                _ = try await (number % 2 == 0 ? one : other).put(
                    name, Noise(7_000_000, seed: UInt64(number)))
            }
            #expect(winners.count == 1)
            let winner = UInt64(winners.first ?? 0)
            let isSame =
                try await other.read(name).collected()
                == Noise(7_000_000, seed: winner).collected()
            #expect(isSame)
            #expect(try await one.debris() == [])
        },
        RepositoryPromise("an object that is being written is not there, but is no secret either") {
            one, other in
            let name = try key("snapshots/w/1")
            let source = Endless()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await one.put(name, source) }
                await source.hasGiven(40)
                group.addTask {
                    await #expect(throws: Never.self) {
                        #expect(try await other.size(of: name) == nil)
                        #expect(try await other.list("") == [])
                        for debris in try await other.debris() { #expect(debris.key == name) }
                    }
                }
                await group.next()
                group.cancelAll()
            }
        },
        RepositoryPromise("objects come and go in a folder while others write there") {
            one, other in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<6 {
                    group.addTask { [own = lane % 2 == 0 ? one : other] in
                        for turn in 0..<10 {
                            let name = try key("shared/\(lane)-\(turn)")
                            try await own.create(name, [UInt8(turn)])
                            if turn % 3 != 0 { try await own.delete(name) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await one.list("shared/").count == 6 * 4)
        },
    ]

    /// Which of so many attempts at the same time succeeded; the others must have been told.
    private static func race(
        _ count: Int, _ attempt: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> [Int] {
        try await withThrowingTaskGroup(of: Int?.self) { group in
            for number in 0..<count {
                group.addTask {
                    do {
                        try await attempt(number)
                        return number
                    } catch RepositoryError.exists {
                        return nil
                    }
                }
            }
            return try await group.reduce(into: []) { if let winner = $1 { $0.append(winner) } }
        }
    }
}
