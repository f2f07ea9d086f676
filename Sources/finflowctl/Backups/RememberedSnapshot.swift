import Backup
import Record
import Vocabulary

/// The newest snapshot that an environment has seen in a repository, kept in its state store: who
/// takes the newest ones away, or puts an old state of the repository back, leaves a chain that
/// is whole.
struct RememberedSnapshot {
    private static let document = "finflow remembered snapshot 1"

    private let store: any StateStore
    private let key: StateKey?

    /// - Parameter place: of the repository.
    init(of place: String, in store: any StateStore) {
        self.store = store
        key = StateKey("backups/\(ContentDigest(of: place.utf8)).json")
    }

    /// - Returns: nothing where nothing was seen yet, or what is there cannot be read.
    func link() async -> ManifestLink? {
        guard let key, let object = try? await store.read(key),
            let json = try? JSON(parsing: object.bytes),
            json["document"]?.string == Self.document,
            let id = json["snapshot"]?.string.flatMap({ SnapshotID($0) }),
            let sha256 = json["sha256"]?.string.flatMap({ ContentDigest(hexadecimal: $0) })
        else { return nil }
        return ManifestLink(id: id, sha256: sha256)
    }

    /// Keeps a newer one. Whoever is faster has one that is as good.
    func keep(_ link: ManifestLink) async throws {
        guard let key else { return }
        let text: JSON = [
            "document": .string(Self.document), "snapshot": .string("\(link.id)"),
            "sha256": .string("\(link.sha256)"),
        ]
        let bytes = Array((text.line + "\n").utf8)
        do {
            if let present = try await store.read(key) {
                if let known = await self.link(), known.id >= link.id { return }
                try await store.replace(key, bytes, expecting: present.version)
            } else {
                try await store.create(key, bytes)
            }
        } catch StateStoreError.exists, StateStoreError.changed {
            // Somebody else did.
        }
    }
}
