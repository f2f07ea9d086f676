import Backup
import Lab
import RepositoryConformance
import Testing
import Vocabulary

@Suite struct ManifestTests {
    @Test func `a manifest reads as it was written`() throws {
        for databases in [[], ["payments"], ["a", "übung", "we \"quote\""]] {
            let manifest = Samples.manifest(
                Samples.id(0),
                after: ManifestLink(id: Samples.id(-86_400), sha256: ContentDigest(of: [1])),
                databases: databases)
            #expect(try Manifest(JSON(parsing: manifest.json.line)) == manifest)
            #expect(try Manifest(JSON(parsing: manifest.json.pretty)) == manifest)
        }
    }

    /// What a change of one member does, by the words of the error.
    @Test func `what no version of ours writes is refused, and where it stands is told`() throws {
        let manifest = Samples.manifest(Samples.id(0))
        let text = manifest.json.line
        func refusal(_ old: String, _ new: String) -> String? {
            let changed = text.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
                .joined(separator: new)
            guard changed != text, let json = try? JSON(parsing: changed) else {
                return "no change"
            }
            do throws(DocumentError) {
                _ = try Manifest(json)
                return nil
            } catch {
                return "\(error)"
            }
        }
        #expect(
            refusal("manifest 1", "manifest 2")
                == "document: it is no `finflow snapshot manifest 1`")
        #expect(
            refusal(#""host":"#, #""extra":1,"host":"#) == "extra: it is not known to this version")
        #expect(refusal(#""host":"#, #""host":"x","host":"#) == "`host` is there twice")
        #expect(refusal(#""environment":"staging","#, "") == "environment: it is missing")
        #expect(
            refusal(#""size":1007"#, #""size":-1"#)
                == "databases[0].objects[0].plain.size: it is no whole number of at least 0")
        #expect(
            refusal(#""size":1007"#, #""size":1007.5"#)?.hasPrefix(
                "databases[0].objects[0].plain.size") == true)
        #expect(
            refusal(#""lsn":"16/B374D848""#, #""lsn":"16-1""#)
                == "databases[0].lsn: `16-1` cannot stand here")
        #expect(
            refusal(#""rows":12"#, #""rows":"12""#)
                == "databases[0].tables[0].rows: it is no whole number of at least 0")
        #expect(refusal("snapshots/", "snapshots/../")?.contains("cannot stand here") == true)
        #expect(
            refusal("snapshots/\(manifest.id)", "snapshots/\(Samples.id(5))")?.contains(
                "is no object of") == true)
        #expect(refusal("0001.dump", "0002.dump")?.contains("twice") == true)
        #expect(
            refusal(#""previous":null"#, #""previous":{"id":"x","sha256":"y"}"#)
                == "previous.id: `x` cannot stand here")
    }

    @Test func `garbage is refused or read, and never the end of the reader`() throws {
        let original = Array(Samples.manifest(Samples.id(0)).json.line.utf8)
        var random = SeededGenerator(seed: 20_261_130)
        let count = Slice.isLong ? 300_000 : 6_000
        var (parsed, read) = (0, 0)
        for _ in 0..<count {
            var bytes = original
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, &random) }
            guard let json = try? JSON(parsing: bytes) else { continue }
            parsed += 1
            guard let manifest = try? Manifest(json) else { continue }
            read += 1
            // Whatever was read can be written, and reads the same.
            #expect(try Manifest(manifest.json) == manifest)
        }
        print(
            "manifest reader: \(count) inputs, of which \(parsed) were JSON and \(read) manifests")
        #expect(read > 0)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = Int.random(in: bytes.indices, using: &random)
        let words = [
            "null", "-1", "1e9", "9223372036854775807", "\"\"", "[]", "{}", "true", "\"a\"",
        ]
        switch Int.random(in: 0..<6, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0x20...0x7E, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 3:
            // A value becomes another one.
            guard let colon = bytes[place...].firstIndex(of: UInt8(ascii: ":")),
                let end = bytes[(colon + 1)...].firstIndex(where: { $0 == 0x2C || $0 == 0x7D })
            else { return }
            let word = words[Int.random(in: words.indices, using: &random)]
            bytes.replaceSubrange((colon + 1)..<end, with: word.utf8)
        case 4:
            let end = min(bytes.count, place + Int.random(in: 1...200, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        default:
            if let digit = bytes[place...].firstIndex(where: { (48...57).contains($0) }) {
                bytes[digit] = UInt8.random(in: 48...57, using: &random)
            }
        }
    }

    @Test func `positions in the log are read and written as PostgreSQL does`() {
        for text in ["0/0", "0/16B3748", "16/B374D848", "FFFFFFFF/FFFFFFFF"] {
            #expect(LogPosition(text)?.description == text)
        }
        for wrong in [
            "", "/", "0", "0/", "/0", "0/0/0", "0x1/0", "-1/0", "0/+1", "100000000/0", "0/G",
        ] {
            #expect(LogPosition(wrong) == nil, "\(wrong)")
        }
        #expect(LogPosition(0x1_0000_0000) > LogPosition(0xFFFF_FFFF))
    }

    @Test func `a level holds until a later check disproves it`() throws {
        let manifest = Samples.manifest(Samples.id(0))
        let digest = ContentDigest(of: [1])
        let bytes = manifest.objects.reduce(0) { $0 + $1.stored.size }
        func record(
            _ level: VerificationLevel, _ time: Int, passed: Bool = true, objects: Int? = nil,
            of digest: ContentDigest? = nil
        ) -> VerificationRecord {
            VerificationRecord(
                manifest: ManifestLink(id: manifest.id, sha256: digest ?? ContentDigest(of: [1])),
                level: level, time: Timestamp(seconds: time), host: "ops@a", version: "0.1.0",
                objects: objects ?? manifest.objects.count, bytes: bytes,
                problems: passed ? [] : ["0001.dump.zst.age is damaged"])
        }
        func level(_ records: [VerificationRecord]) -> VerificationLevel? {
            manifest.level(provenBy: records, sha256: digest)
        }
        #expect(level([]) == nil)
        #expect(level([record(.stored, 1)]) == .stored)
        #expect(
            level([record(.restored, 3), record(.stored, 1), record(.readable, 2)]) == .restored)
        #expect(level([record(.stored, 1), record(.readable, 2, passed: false)]) == .stored)
        #expect(level([record(.restored, 1), record(.stored, 2, passed: false)]) == nil)
        #expect(
            level([record(.restored, 1), record(.stored, 2, passed: false), record(.stored, 3)])
                == .stored)
        #expect(level([record(.readable, 3), record(.stored, 2, passed: false)]) == .readable)
        // A part, and another manifest's record, prove nothing.
        #expect(level([record(.readable, 1, objects: 2)]) == nil)
        #expect(level([record(.readable, 1, of: ContentDigest(of: [2]))]) == nil)
        let one = record(.readable, 1, passed: false)
        #expect(try VerificationRecord(JSON(parsing: one.json.line)) == one)
        let lease = Lease(snapshot: manifest.id, holder: "ops@a", purpose: "create", until: .now)
        #expect(try Lease(JSON(parsing: lease.json.line)) == lease)
        let prune = PruneRecord(
            time: .now, host: "ops@a", removed: [ManifestLink(id: manifest.id, sha256: digest)])
        #expect(try PruneRecord(JSON(parsing: prune.json.line)) == prune)
        #expect(throws: DocumentError.self) { try VerificationRecord(lease.json) }
        #expect(throws: DocumentError.self) { try Lease(prune.json) }
        #expect(throws: DocumentError.self) { try PruneRecord(manifest.json) }
    }
}
