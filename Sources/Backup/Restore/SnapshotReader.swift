public import Age
import Archive
import Synchronization

/// Reads a snapshot's objects: proven, decrypted and expanded.
public struct SnapshotReader: Sendable {
    let repository: any Repository
    let keyring: Keyring
    let pipeline = ObjectPipeline()

    public init(_ repository: any Repository, with keyring: Keyring) {
        self.repository = repository
        self.keyring = keyring
    }

    func read(_ object: ManifestObject) async throws -> ByteStream {
        try await pipeline.read(object, from: repository, with: keyring)
    }

    /// A small object as a whole.
    func contents(of object: ManifestObject) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await explaining(object) {
            for try await piece in ErasedPieces(try await read(object)) { bytes += piece }
        }
        return bytes
    }

    /// An object, read by a program that prints: what it printed.
    func output(of program: ProgramFeed, reading object: ManifestObject) async throws -> [UInt8] {
        let printed = Printed()
        try await explaining(object) {
            try await program.run(reading: try await read(object)) { printed.add($0) }
        }
        return printed.bytes
    }

    /// What a dump says of the database itself.
    func definition(
        of snapshot: DatabaseSnapshot, by server: RestoreServer
    ) async throws -> DatabaseDefinition {
        let script = try await output(
            of: server.printing(["--create"]), reading: try snapshot.object(.preData))
        guard let definition = DatabaseDefinition(script) else {
            throw RestoreError.undefined(snapshot.name)
        }
        return definition
    }

    /// Runs `body`, which reads an object. Where that cannot be decrypted or expanded, the hash of
    /// what is stored says more exactly what is wrong with it.
    func explaining<Value>(
        _ object: ManifestObject, _ body: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await body()
        } catch let error where error is AgeError || error is ArchiveError {
            try await pipeline.proveStored(object, in: repository)
            throw error
        }
    }
}

/// What a program printed.
final class Printed: Sendable {
    private let kept = Mutex<[UInt8]>([])

    func add(_ bytes: [UInt8]) { kept.withLock { $0 += bytes } }
    var bytes: [UInt8] { kept.withLock { $0 } }
}

extension DatabaseSnapshot {
    func object(_ content: ManifestObject.Content) throws(RestoreError) -> ManifestObject {
        guard let object = objects.first(where: { $0.content == content }) else {
            throw .incomplete(name, content)
        }
        return object
    }

    /// Those with rows, the largest first.
    var dataObjects: [ManifestObject] {
        objects.filter { $0.content == .tables || $0.content == .rest }
            .sorted { $0.plain.size > $1.plain.size }
    }
}
