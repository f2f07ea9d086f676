import Backup
import Testing
import Vocabulary

extension RepositoryPromise {
    static let listings = [
        RepositoryPromise("keys are listed by their beginnings, sorted, with sizes and times") {
            one, other in
            let names = [
                "leases/a.json", "snapshots/20261124T140312Z-aaaaaa/db/globals.sql.zst.age",
                "snapshots/20261124T140312Z-aaaaaa/db/tables/0001.dump.zst.age",
                "snapshots/20261124T140312Z-aaaaaa/manifest.json",
                "snapshots/20261125T000000Z-bbbbbb/manifest.json", "snapshots.json", "s",
                "B/~c3~a9", "B/Z", "B/a",
            ]
            let before = Timestamp.now
            for (index, name) in names.enumerated().shuffled() {
                try await one.create(key(name), [UInt8](repeating: 0, count: index))
            }
            func listed(_ prefix: String) async throws -> [String] {
                try await other.list(prefix).map(\.key.path)
            }
            func sorted(_ names: some Sequence<String>) -> [String] {
                names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            }
            #expect(try await listed("") == sorted(names))
            for prefix in [
                "snapshots", "snapshots/", "snapshots/20261124", "B/", "s", "none/", "leases/a.j",
                "snapshots/20261124T140312Z-aaaaaa/db/tables/0001.dump.zst.age",
            ] {
                #expect(
                    try await listed(prefix) == sorted(names.filter { $0.hasPrefix(prefix) }),
                    "\(prefix)")
            }
            for object in try await other.list("") {
                #expect(object.size == names.firstIndex(of: object.key.path))
                #expect(abs(object.modified.seconds - before.seconds) < 600)
            }
            try await other.delete(key(names[4]))
            #expect(try await listed("snapshots/20261125") == [])
        },
        RepositoryPromise("folders are listed by their names, once each") { one, other in
            for name in ["a/b/c", "a/b/d", "a/e/f/g", "a/h", "i", "j/k"] {
                try await one.create(key(name), [])
            }
            #expect(try await other.folders(in: "") == ["a", "j"])
            #expect(try await other.folders(in: "a/") == ["b", "e"])
            #expect(try await other.folders(in: "a/e/") == ["f"])
            #expect(try await other.folders(in: "a/e/f/") == [])
            #expect(try await other.folders(in: "none/") == [])
        },
        RepositoryPromise("more keys than one answer of S3 holds are all listed") { one, other in
            let names = try (0..<1_203).map { try key("many/\($0 % 7)/\($0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<16 {
                    group.addTask {
                        for index in stride(from: lane, to: names.count, by: 16) {
                            try await one.create(names[index], [])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await other.list("many/").map(\.key) == names.sorted())
            #expect(try await other.folders(in: "many/") == (0..<7).map { "\($0)" })
        },
    ]
}
