import Backup
import Glibc
import Lab
import Loop
import RepositoryConformance
import Testing
import Vocabulary

@Suite struct SigningTests {
    @Test func `what is signed is read by those who trust the key`() throws {
        let key = SigningKey()
        let manifest = Samples.manifest(Samples.id(0))
        let signed = try SignedDocument(manifest.json, with: key)
        #expect(signed.bytes.count { $0 == 0x0A } == 2)
        let read = try SignedDocument(
            signed.bytes, trusting: [SigningKey().publicKey, key.publicKey])
        #expect(try Manifest(read.json()) == manifest)
        #expect(read.sha256 == ContentDigest(of: signed.bytes))
    }

    @Test func `openssl checks a signature by itself`() async throws {
        let key = SigningKey()
        let signed = try SignedDocument(Samples.manifest(Samples.id(0)).json, with: key)
        try await withDirectory { path in
            let lines = signed.bytes.split(separator: 0x0A)
            let text = try #require(try JSON(parsing: lines[1])["signature"]?.string)
            let signature = try #require(Base64.decode(text.utf8))
            let raw = try #require(
                Base64.decode("\(key.publicKey)".dropFirst("ed25519:".count).utf8))
            // RFC 8410: what stands before the key in its DER form.
            let prefix: [UInt8] = [
                0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
            ]
            try FileCalls.create("\(path)/message", Array(lines[0]), mode: 0o600)
            try FileCalls.create("\(path)/signature", signature, mode: 0o600)
            try FileCalls.create("\(path)/key", prefix + raw, mode: 0o600)
            let check = try await ChildProcess.collect(
                Command(
                    "openssl",
                    [
                        "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key",
                        "-rawin",
                        "-in", "message", "-sigfile", "signature",
                    ], directory: path))
            #expect(check.exit.isSuccess, "\(check.outputText)\(check.errorText)")
        }
    }

    @Test func `what is not as it was signed is refused, whatever was changed`() throws {
        let key = SigningKey()
        let signed = try SignedDocument(Samples.manifest(Samples.id(0)).json, with: key)
        var random = SeededGenerator(seed: 5)
        let places =
            Slice.isLong
            ? Array(signed.bytes.indices)
            : (0..<300).map { _ in Int.random(in: signed.bytes.indices, using: &random) }
        for place in places {
            var bytes = signed.bytes
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            #expect(throws: SigningError.self, "byte \(place)") {
                try SignedDocument(bytes, trusting: [key.publicKey])
            }
        }
        for bytes in [
            [], Array(signed.bytes.dropLast()), signed.bytes + [0x0A], signed.bytes + signed.bytes,
            Array(signed.bytes.prefix { $0 != 0x0A }),
        ] {
            #expect(throws: SigningError.unsigned) {
                try SignedDocument(bytes, trusting: [key.publicKey])
            }
        }
        #expect(throws: SigningError.untrusted(key.publicKey)) {
            try SignedDocument(signed.bytes, trusting: [SigningKey().publicKey])
        }
    }

    @Test func `a key is kept in a file of its owner's alone, and never shown`() async throws {
        try await withDirectory { path in
            let key = SigningKey()
            let text = key.encoded.withExposed { $0 }
            try FileCalls.create("\(path)/key", Array("\(text)\n".utf8), mode: 0o600)
            #expect(try await SigningKey(file: "\(path)/key").publicKey == key.publicKey)
            var shown = ""
            dump(key, to: &shown)
            #expect(!shown.contains(text.dropFirst(20)))
            chmod("\(path)/key", 0o640)
            await #expect(throws: SigningError.self) { try await SigningKey(file: "\(path)/key") }
            for wrong in ["", "x", text + "x", "\(key.publicKey)", "ed25519-secret:AAAA"] {
                #expect(throws: SigningError.self) { try SigningKey(Sensitive(wrong)) }
            }
            await #expect(throws: SigningError.self) { try await SigningKey(file: "\(path)/none") }
            #expect(VerifyingKey("\(key.publicKey)") == key.publicKey)
            #expect(VerifyingKey(text) == nil)
        }
    }
}

@Suite struct SnapshotChainTests {
    private let key = SigningKey()

    /// Manifests of so many days, each naming the one before.
    private func chain(_ count: Int) throws -> [(link: ManifestLink, found: SnapshotChain.Found)] {
        var all: [(link: ManifestLink, found: SnapshotChain.Found)] = []
        for day in 0..<count {
            let id = Samples.id(day * 86_400)
            let signed = try SignedDocument(
                Samples.manifest(id, after: all.last?.link).json, with: key)
            all.append(
                (ManifestLink(id: id, sha256: signed.sha256), .init(id: id, bytes: signed.bytes)))
        }
        return all
    }

    private func problems(
        _ found: [SnapshotChain.Found], pruned: [ManifestLink] = [], remembered: [ManifestLink] = []
    ) -> [SnapshotChain.Problem] {
        SnapshotChain(
            found, pruned: [PruneRecord(time: .now, host: "ops@a", removed: pruned)],
            remembered: remembered, trusting: [key.publicKey]
        ).problems
    }

    @Test func `a whole chain has no problems, in whatever order it is found`() throws {
        let all = try chain(6)
        let checked = SnapshotChain(all.map(\.found).shuffled(), trusting: [key.publicKey])
        #expect(checked.problems == [])
        #expect(checked.newest == all[5].link)
        #expect(checked.snapshots.map(\.link) == all.map(\.link))
        #expect(SnapshotChain([], trusting: [key.publicKey]).newest == nil)
    }

    @Test func `one that is gone is seen, unless it was pruned`() throws {
        let all = try chain(6)
        var found = all.map(\.found)
        found.remove(at: 2)
        #expect(problems(found) == [.missing(all[2].link.id, namedBy: all[3].link.id)])
        #expect(problems(found, pruned: [all[2].link]) == [])
        // The newest one is missed by who remembers it alone.
        let old = Array(all.map(\.found).prefix(5))
        #expect(problems(old) == [])
        #expect(
            problems(old, remembered: [all[5].link]) == [.missing(all[5].link.id, namedBy: nil)])
    }

    @Test func `one that was pruned and put back is seen`() throws {
        let all = try chain(4)
        #expect(problems(all.map(\.found), pruned: [all[1].link]) == [.replayed(all[1].link.id)])
    }

    @Test func `one that is put in another's place is seen`() throws {
        let all = try chain(4)
        var found = all.map(\.found)
        found[3].bytes = found[1].bytes
        #expect(problems(found) == [.misplaced(all[3].link.id, of: all[1].link.id)])
        // As a new one, too.
        let new = SnapshotChain.Found(id: Samples.id(99 * 86_400), bytes: found[1].bytes)
        #expect(problems(all.map(\.found) + [new]) == [.misplaced(new.id, of: all[1].link.id)])
    }

    @Test func `one that nobody who is trusted signed is seen, and not used`() throws {
        let all = try chain(4)
        let other = SigningKey()
        var found = all.map(\.found)
        let id = all[2].link.id
        found[2].bytes = try SignedDocument(
            Samples.manifest(id, after: all[1].link).json, with: other
        ).bytes
        #expect(problems(found) == [.notGenuine(id, .untrusted(other.publicKey))])
        found[2].bytes = all[2].found.bytes
        found[2].bytes[40] ^= 1
        let checked = SnapshotChain(found, trusting: [key.publicKey])
        #expect(checked.problems == [.notGenuine(id, .forged)])
        #expect(!checked.snapshots.contains { $0.link.id == id })
    }

    @Test func `one that was signed anew is seen by what names it`() throws {
        let all = try chain(4)
        var found = all.map(\.found)
        let id = all[1].link.id
        found[1].bytes = try SignedDocument(
            Samples.manifest(id, after: all[0].link, databases: []).json, with: key
        ).bytes
        #expect(problems(found) == [.exchanged(id, namedBy: all[2].link.id)])
    }

    @Test func `a record that is signed is no manifest`() throws {
        let record = PruneRecord(time: .now, host: "ops@a", removed: [])
        let bytes = try SignedDocument(record.json, with: key).bytes
        let found = SnapshotChain.Found(id: Samples.id(0), bytes: bytes)
        guard case .unreadable(found.id, _)? = problems([found]).first else {
            Issue.record("it was read")
            return
        }
    }

    @Test func `two that name one are told, and one that names a later one`() throws {
        let all = try chain(3)
        let id = Samples.id(10 * 86_400)
        let fork = try SignedDocument(Samples.manifest(id, after: all[1].link).json, with: key)
        #expect(
            problems(all.map(\.found) + [.init(id: id, bytes: fork.bytes)])
                == [.forked([all[2].link.id, id], at: all[1].link.id)])
        let early = Samples.id(-86_400)
        let odd = try SignedDocument(Samples.manifest(early, after: all[0].link).json, with: key)
        #expect(
            problems(all.map(\.found) + [.init(id: early, bytes: odd.bytes)]).contains(
                .disordered(early)))
    }
}
