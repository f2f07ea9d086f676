import Age
import FoundationEssentials
import Glibc
import Loop
import Testing
import Vocabulary

@testable import Secrets

/// Writers that meet in the middle of each other's work.
@Suite struct StoreTests {
    private func withStore(_ body: (SecretsStore) async throws -> Void) async throws {
        let root = "/tmp/finflow-secrets-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(
            atPath: "\(root)/environments/test", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        try await body(SecretsStore(playbooks: root, environment: "test"))
    }

    @Test func `a recipient that is added before there is a file is not written over`()
        async throws
    {
        try await withStore { store in
            let (mine, theirs) = (Identity().recipient, Identity().recipient)
            _ = try await store.swap(Keyring(identities: [])) { present, file in
                if file.recipients.isEmpty {
                    _ = try await store.add(
                        theirs, comment: nil, with: Keyring(identities: []))
                }
                var file = file
                file.add(mine, comment: nil)
                return Replacement(nil, recipientsText: file.text)
            }
            #expect(try await store.listedRecipients() == [theirs, mine])
        }
    }

    @Test func `everybody who can write there may read whose lock it is`() async throws {
        try await withStore { store in
            let directory = FileCalls.folder(of: store.path)
            for (mode, wanted) in [(0o755, 0o644), (0o2775, 0o664), (0o777, 0o666)] {
                #expect(chmod(directory, mode_t(mode)) == 0)
                try await FileLock.withLock(of: store.path) {
                    var information = stat()
                    #expect(stat("\(directory)/.secrets.age.lock", &information) == 0)
                    #expect(information.st_mode & 0o777 == mode_t(wanted))
                }
            }
        }
    }

    @Test func `an unsaved edit comes back as it was, and nothing else is taken for one`() throws {
        var base = SecretsContent.new()
        base.serial = 3
        base.recipients = [Identity().recipient]
        for (base, text) in [
            (base, "a: b\n"), (SecretsContent.new(), ""), (base, "# The edited text:\nnot: [yaml"),
        ] {
            let edit = UnsavedEdit(base: base, text: Sensitive(Array(text.utf8)))
            let again = try #require(try UnsavedEdit(edit.bytes(), subject: "f"))
            #expect(again.base.serial == base.serial)
            #expect(again.text.withExposed { String(decoding: $0, as: UTF8.self) } == text)
            let bytes = try edit.bytes().withExposed { $0 }
            for count in 0..<bytes.count - text.utf8.count {
                #expect(try UnsavedEdit(Sensitive(Array(bytes.prefix(count))), subject: "f") == nil)
            }
        }
    }
}
