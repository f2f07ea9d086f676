import Age
import Backup
import Glibc
import Lab
import LabTraits
import Loop
import Postgres
import Testing

/// What happens to an object where it lies.
enum Damage: String, CaseIterable, Sendable {
    case firstByteFlipped, middleFlipped, lastByteFlipped, truncated, truncatedAtChunk, emptied,
        swapped
    case missing

    func apply(to path: String, other: String) throws {
        var bytes = try FileCalls.contents(of: path, atMost: .mebibytes(64)) ?? []
        switch self {
        case .firstByteFlipped: bytes[0] ^= 1
        case .middleFlipped: bytes[bytes.count / 2] ^= 0x40
        case .lastByteFlipped: bytes[bytes.count - 1] ^= 1
        case .truncated: bytes.removeLast(1)
        case .truncatedAtChunk: bytes.removeLast(min(bytes.count - 1, 16 + 64))
        case .emptied: bytes = []
        case .swapped: bytes = try FileCalls.contents(of: other, atMost: .mebibytes(64)) ?? []
        case .missing:
            unlink(path)
            return
        }
        unlink(path)
        try FileCalls.create(path, bytes, mode: 0o600)
    }
}

@Suite(.postgres) struct DamageTests {
    @Test(
        "an object that is not what was stored restores nothing, and is named",
        arguments: Slice.of(Damage.allCases, 4, seed: 1))
    func damaged(_ damage: Damage) async throws {
        let name = "damage_\(damage.rawValue.lowercased())"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                let objects = manifest.databases[0].objects
                for (index, object) in Slice.of(Array(objects.enumerated()), 2, seed: 7)
                    .map({ ($0.offset, $0.element) })
                {
                    let path = repository.path(object)
                    let intact = try FileCalls.contents(of: path, atMost: .mebibytes(64)) ?? []
                    let other = objects[(index + 1) % objects.count]
                    try damage.apply(to: path, other: repository.path(other))
                    let restore = SnapshotRestore(
                        of: manifest, from: repository.reader,
                        [.init(database: "payments", server: try await lab.server(), target: name)],
                        replacing: [name])
                    let error = await #expect(throws: (any Error).self) { try await restore.run() }
                    let words = error.flatMap { BackupDiagnostics.describe($0) }?.message ?? ""
                    #expect(
                        words.contains(object.key.path), "\(damage) \(object.content): \(words)")
                    // What was there is there, and nothing has its name.
                    #expect(try await lab.count("payment", in: name) == 20000)
                    #expect(
                        try await lab.databases("\(name)__").allSatisfy {
                            $0.contains("__restore_")
                        })
                    unlink(path)
                    try FileCalls.create(path, intact, mode: 0o600)
                }
                // Whole again, it is restored over what the failed ones have left.
                let restored = try await SnapshotRestore(
                    of: manifest, from: repository.reader,
                    [.init(database: "payments", server: try await lab.server(), target: name)],
                    replacing: [name]
                ).run()
                #expect(restored.first?.rows == 23000)
            }
        }
    }

    @Test("an older manifest's object in the place of a new one's is told")
    func replayed() async throws {
        let name = "damage_replayed"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let old = try await repository.snapshot(of: ["payments": name], on: lab)
                try await lab.run("INSERT INTO payment (note) VALUES ('new')", in: name)
                let new = try await repository.snapshot(of: ["payments": name], on: lab)
                for (before, after) in zip(old.databases[0].objects, new.databases[0].objects)
                where after.content == .tables {
                    let bytes = try FileCalls.contents(
                        of: repository.path(before), atMost: .mebibytes(64))
                    unlink(repository.path(after))
                    try FileCalls.create(repository.path(after), bytes ?? [], mode: 0o600)
                }
                let restore = SnapshotRestore(
                    of: new, from: repository.reader,
                    [.init(database: "payments", server: try await lab.server(), target: name)],
                    replacing: [name])
                let error = await #expect(throws: PipelineError.self) { try await restore.run() }
                #expect("\(String(describing: error))".contains("/tables/"))
                #expect(try await lab.count("payment", in: name) == 20001)
            }
        }
    }

    @Test("a key that does not open it restores nothing, and says so")
    func wrongKey() async throws {
        let name = "damage_key"
        try await withDatabase(name) { lab in
            try await withDirectory { root in
                let repository = TestRepository(root)
                let manifest = try await repository.snapshot(of: ["payments": name], on: lab)
                for identities in [[Identity()], []] {
                    let reader = SnapshotReader(
                        repository.repository, with: Keyring(identities: identities))
                    let restore = SnapshotRestore(
                        of: manifest, from: reader,
                        [
                            .init(
                                database: "payments", server: try await lab.server(),
                                target: "\(name)_new")
                        ])
                    let error = await #expect(throws: AgeError.self) { try await restore.run() }
                    guard case .noMatch? = error else {
                        Issue.record("\(String(describing: error))")
                        continue
                    }
                    #expect(try await lab.databases("\(name)_new").isEmpty)
                }
            }
        }
    }
}
