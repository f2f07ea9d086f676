import Testing
import Vocabulary

@testable import SSH

@Suite struct KnownHostsTests {
    private static let key = "AAAAC3NzaC1lZDI1NTE5AAAAIFDx7Sk3ly4kSw2qDgVn5F4dJSNeBm9YdNgXj1lHRmSm"

    @Test(arguments: [
        ("db-1", "db-1", true), ("db-1", "DB-1", true), ("db-1", "db-2", false),
        ("*.internal", "db-1.internal", true), ("*.internal,!db-1*", "db-1.internal", false),
        ("db-?", "db-1", true), ("db-?", "db-10", false), ("a,b,c", "b", true),
        ("[db-1]:2222", "[db-1]:2222", true), ("[db-1]:2222", "db-1", false),
        ("!db-1", "db-2", false), ("*", "anything", true),
    ])
    func aLineIsAboutTheHostsItsPatternsMatch(names: String, host: String, isMatch: Bool) {
        var known = KnownHosts()
        known.read("\(names) ssh-ed25519 \(Self.key) comment", file: "known_hosts")
        #expect(known.entries.count == 1)
        #expect(known.entries(for: host.lowercased()).isEmpty != isMatch)
    }

    @Test(arguments: [
        "", "# comment", "host", "host ssh-ed25519", "host ssh-ed25519 !!!", "host ssh-rsa \(key)",
        "@unknown host ssh-ed25519 \(key)", "|1|salt host ssh-ed25519 \(key)", "@revoked",
    ])
    func aLineThatSaysNothingIsPassedOver(line: String) {
        var known = KnownHosts()
        known.read("\(line)\nb ssh-ed25519 \(Self.key)\r\n", file: "f")
        #expect(known.entries.map(\.place.line) == [2])
    }

    @Test func theNameOfAHostHoldsItsPortUnlessItIsSSHsOwn() {
        #expect(KnownHosts.name(of: "Db-1", port: 22) == "db-1")
        #expect(KnownHosts.name(of: "db-1", port: 2222) == "[db-1]:2222")
    }

    /// Whatever the bytes are, reading ends, and what it takes for a key is one.
    @Test(arguments: 0..<50) func anyTextCanBeRead(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "@revoked ", "@cert-authority ", "|1|", "|", "host", ",", "!", "*", "?", " ", "\t",
            "ssh-ed25519 ", Self.key, "=", "\n", "\r\n", "#", "\u{0}", "é", "[h]:22 ",
        ]
        for _ in 0..<50 {
            let text = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            var known = KnownHosts()
            known.read(text, file: "f")
            for entry in known.entries {
                #expect(WireReader.keyType(of: entry.key) == entry.type)
            }
            _ = known.entries(for: "host")
        }
    }

    /// Against the textbook's recursion.
    @Test(arguments: 0..<20) func patternsMatchAsTheirDefinitionSays(seed: UInt64) {
        func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
            guard let first = pattern.first else { return name.isEmpty }
            if first == "*" {
                return matches(pattern.dropFirst(), name)
                    || !name.isEmpty && matches(pattern, name.dropFirst())
            }
            guard let letter = name.first, first == "?" || first == letter else { return false }
            return matches(pattern.dropFirst(), name.dropFirst())
        }
        var random = SeededGenerator(seed: seed)
        func word(_ letters: String, _ longest: Int) -> String {
            String(
                (0..<Int.random(in: 0...longest, using: &random)).compactMap { _ in
                    letters.randomElement(using: &random)
                })
        }
        for _ in 0..<200 {
            let (pattern, name) = (word("ab*?", 7), word("ab", 8))
            let expected = matches(Array(pattern)[...], Array(name)[...])
            #expect(HostPatterns([pattern]).match(name) == expected, "\(pattern) \(name)")
        }
    }
}
