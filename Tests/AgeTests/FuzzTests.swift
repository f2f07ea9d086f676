import Glibc
import Testing
import Vocabulary

@testable import Age

/// Random and broken files: whatever is accepted is in the one form that it has, and whatever is
/// not gives one of the module's own errors.
@Suite struct FuzzTests {
    /// `FINFLOW_LONG=1` runs them all, everything else a slice.
    private static let runs: ClosedRange<UInt64> = getenv("FINFLOW_LONG") == nil ? 1...1 : 1...50
    private static let count = 10_000

    private static let header = """
        age-encryption.org/v1
        -> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc
        hjabGXwSLQ9c3S6Lw2i+S2Tu2fiwQHHslbBN6B41FLE
        -> grease !#~ x
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA

        -> scrypt rF0/NwblUHHTpgQgRpe5CQ 10
        gUjEymFKMVXQEKdMMHL24oYexjE3TIC0O0zGSqJ2aUY
        --- WyJp9F/9FOZh7gJdheq2WIJcwHgYc8NIVh3ddwhrcNg

        """

    private static let fragments: [[UInt8]] =
        [
            "-> ", "--- ", "---", "->", " ", "\n", "\r\n", "\t", "=", "==", "A", "B", "AAAA", "/+",
            "X25519", "scrypt", "18", "-----", ArmorWriter.begin, ArmorWriter.end, "\n\n",
            "age-encryption.org/v1\n", "age-encryption.org/v2\n", String(repeating: "A", count: 64),
        ].map { Array($0.utf8) } + [[0], [0x7F], [0xFF], [0xC3, 0xA9]]

    @Test(arguments: runs)
    func `a header that is accepted is written the same again`(run: UInt64) {
        var random = SeededGenerator(seed: 0xA6E + run)
        var accepted = 0
        for _ in 0..<Self.count {
            let bytes = mutated(Array(Self.header.utf8), &random)
            var reader = HeaderReader()
            var consumed = 0
            do {
                for piece in random.pieces(of: bytes, longest: 200) {
                    var rest = piece[...]
                    let header = try reader.read(&rest)
                    consumed += piece.count - rest.count
                    guard let header else { continue }
                    accepted += 1
                    if header.encoded != Array(bytes.prefix(consumed)) {
                        Issue.record("\(String(decoding: bytes, as: UTF8.self).visible)")
                    }
                    break
                }
            } catch {
                // Its words can always be had.
                _ = error.diagnostic().rendered { _ in nil }
            }
        }
        print("fuzz of headers, run \(run): \(Self.count) inputs, \(accepted) accepted")
        #expect(accepted > 100)
    }

    @Test(arguments: runs)
    func `an armor that is accepted is written the same again`(run: UInt64) {
        var random = SeededGenerator(seed: 0xA41 + run)
        var accepted = 0
        for round in 0..<Self.count {
            let bytes = mutated(armored(random.bytes(round % 150)), &random)
            var reader = ArmorReader()
            var binary: [UInt8] = []
            do {
                for piece in random.pieces(of: bytes, longest: 100) {
                    try reader.read(piece[...], into: &binary)
                }
                try reader.finish(into: &binary)
                accepted += 1
                if armored(binary) != normalized(bytes) {
                    Issue.record("\(String(decoding: bytes, as: UTF8.self).visible)")
                }
            } catch {
                _ = error.diagnostic().rendered { _ in nil }
            }
        }
        print("fuzz of armor, run \(run): \(Self.count) inputs, \(accepted) accepted")
        #expect(accepted > 100)
    }

    @Test(arguments: runs)
    func `a file that is opened holds what was put into it, whatever was done to it`(
        run: UInt64
    ) async throws {
        let plaintext = Array("pay 100 to alice".utf8)
        let identity = Identity()
        let factor = try #require(WorkFactor(exponent: 2))
        let passphrase = try Passphrase(Sensitive("p"))
        let keyring = Keyring(
            identities: [identity], maximumWorkFactor: try #require(WorkFactor(exponent: 8))
        ) { passphrase }
        var files: [[UInt8]] = []
        for encoding in [Encoding.binary, .armored] {
            for recipients in [
                Recipients.keys([Identity().recipient, identity.recipient]),
                .passphrase(passphrase, workFactor: factor),
            ] {
                files.append(try await encrypted([plaintext], to: recipients, as: encoding))
            }
        }
        var random = SeededGenerator(seed: 0xF11E + run)
        var opened = 0
        let count = Self.count / 5
        for round in 0..<count {
            let bytes = mutated(files[round % files.count], &random)
            let result = try await Decrypted(
                random.pieces(of: bytes, longest: 300), with: keyring)
            if result.failure == nil {
                opened += 1
                #expect(result.output == plaintext)
            } else if !result.output.isEmpty {
                // Behind the end of a whole file.
                #expect(result.output == plaintext)
            }
        }
        print("fuzz of files, run \(run): \(count) inputs, \(opened) opened")
    }

    @Test func `what is no age file is refused by its first bytes`() async throws {
        let keyring = Keyring(identities: [Identity()])
        let other = try await Decrypted([UInt8](repeating: 0x41, count: 200), with: keyring)
        #expect(other.failure == .notAge)
        // An endless header or armor is not kept.
        for (start, unit) in [
            ("age-encryption.org/v1\n", "-> a\n\n"), ("age-encryption.org/v1\n-> ", "a"),
            (ArmorWriter.begin, "A"), ("", "\n"),
        ] {
            var decryptor = Decryptor(with: keyring)
            var output: [UInt8] = []
            let piece = Array(String(repeating: unit, count: 20_000).utf8)
            var taken = 0
            do {
                try await decryptor.decrypt(Array(start.utf8), into: &output)
                while taken < 16 << 20 {
                    try await decryptor.decrypt(piece, into: &output)
                    taken += piece.count
                }
            } catch is AgeError {}
            #expect(taken <= 2 << 20, "\(unit.visible)")
        }
    }

    private func armored(_ bytes: [UInt8]) -> [UInt8] {
        var writer = ArmorWriter()
        var output: [UInt8] = []
        writer.write(bytes, into: &output)
        writer.finish(into: &output)
        return output
    }

    /// Without what may stand around an armor, and with line feeds only.
    private func normalized(_ text: [UInt8]) -> [UInt8] {
        let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        let start = lines.firstIndex { !$0.allSatisfy(\.isWhiteSpace) } ?? lines.endIndex
        let end = lines.lastIndex { !$0.allSatisfy(\.isWhiteSpace) } ?? lines.startIndex
        guard start <= end else { return [] }
        return lines[start...end].flatMap { $0 + [UInt8(ascii: "\n")] }
    }

    private func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let other = min(bytes.count, place + Int.random(in: 0...70, using: &random))
            let fragment = Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &random)]
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.insert(contentsOf: fragment, at: place)
            case 1: bytes.removeSubrange(place..<other)
            case 2: bytes.insert(contentsOf: bytes[place..<other], at: place)
            case 3: bytes.replaceSubrange(place..<other, with: fragment)
            case 4 where place < bytes.count:
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: bytes.append(contentsOf: fragment)
            }
        }
        return bytes
    }
}
