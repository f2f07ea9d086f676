import Crypto
import Testing
import Vocabulary

@testable import Age

/// All published vectors (Vectors/README.md).
@Suite struct VectorTests {
    private static let known = Vector.all.filter { !$0.isHybrid }
    private static let hybrid = Vector.all.filter(\.isHybrid)

    @Test func `all vectors are there`() {
        #expect(Self.known.count == 124)
        #expect(Self.hybrid.count == 19)
        print("vectors: \(Self.known.count), and \(Self.hybrid.count) of a type not known here")
    }

    @Test(arguments: known)
    func `each ends as it says and gives out no other plaintext`(_ vector: Vector) async throws {
        let file = try await vector.file()
        let encoding: Encoding = vector.isArmored ? .armored : .binary
        let whole = try await Decrypted(file, with: keyring(vector), from: encoding)
        #expect(Self.outcome(whole.failure) == vector.expected, "\(whole)")
        let digest = SHA256.hash(data: whole.output).map {
            ($0 < 16 ? "0" : "") + String($0, radix: 16)
        }.joined()
        #expect(vector.payload.map { $0 == digest } ?? whole.output.isEmpty)

        var random = SeededGenerator(seed: 1)
        let longest = file.count > 100_000 ? 300_000 : file.count > 2000 ? 5000 : 3
        let pieces = random.pieces(of: file, longest: longest)
        let piecewise = try await Decrypted(pieces, with: keyring(vector), from: encoding)
        #expect(piecewise == whole)
    }

    @Test(arguments: hybrid)
    func `what is for a type not known here is refused`(_ vector: Vector) async throws {
        let keyring = Keyring(identities: [Identity()])
        let opened = try await Decrypted(vector.file(), with: keyring)
        #expect(opened.output.isEmpty)
        #expect(["no match", "header failure"].contains(Self.outcome(opened.failure)))
    }

    @Test(arguments: Vector.all.filter { $0.expected != "header failure" })
    func `each header is written as it was read`(_ vector: Vector) async throws {
        guard let binary = try await binary(vector) else { return }
        var rest = binary[...]
        var reader = HeaderReader()
        let read = try reader.read(&rest)
        let header = try #require(read)
        #expect(header.encoded == Array(binary[..<rest.startIndex]))
    }

    @Test(arguments: known.filter { $0.expected == "success" })
    func `each payload is sealed as it was opened`(_ vector: Vector) async throws {
        let binary = try #require(try await binary(vector))
        var rest = binary[...]
        var reader = HeaderReader()
        let read = try reader.read(&rest)
        let header = try #require(read)
        let key = try await keyring(vector).fileKey(of: header)
        let nonce = Array(rest.prefix(16))
        var writer = PayloadWriter(key: key.payloadKey(nonce: nonce))
        var sealed = nonce
        writer.write(
            try await Decrypted(binary, with: keyring(vector)).output[...], into: &sealed)
        writer.finish(into: &sealed)
        #expect(sealed == Array(rest))
    }

    @Test(arguments: known.filter { $0.isArmored && $0.expected == "success" })
    func `each armor is written as it was read`(_ vector: Vector) async throws {
        let file = try await vector.file()
        let binary = try #require(try await binary(vector))
        var armored: [UInt8] = []
        var writer = ArmorWriter()
        for piece in [binary.prefix(5), binary.dropFirst(5)] {
            writer.write(Array(piece), into: &armored)
        }
        writer.finish(into: &armored)
        // These differ in what an armor may be surrounded by, and in the ends of lines.
        let isSpecial = ["armor_crlf", "armor_no_eol", "armor_whitespace_outside"].contains(
            vector.name)
        #expect((armored == file) == !isSpecial)
        #expect(normalized(armored) == normalized(file))
    }

    private func normalized(_ text: [UInt8]) -> [[UInt8]] {
        text.split(whereSeparator: \.isWhiteSpace).map(Array.init)
    }

    /// `nil` when its armor is broken.
    private func binary(_ vector: Vector) async throws -> [UInt8]? {
        let file = try await vector.file()
        guard vector.isArmored else { return file }
        guard vector.expected != "armor failure" else { return nil }
        var reader = ArmorReader()
        var binary: [UInt8] = []
        try reader.read(file[...], into: &binary)
        try reader.finish(into: &binary)
        return binary
    }

    private func keyring(_ vector: Vector) throws -> Keyring {
        let identities = try vector.identities.map { try Identity(Sensitive($0)) }
        guard let text = vector.passphrases.first else { return Keyring(identities: identities) }
        let passphrase = try Passphrase(Sensitive(text))
        return Keyring(identities: identities) { passphrase }
    }

    /// In the vectors' words.
    private static func outcome(_ failure: AgeError?) -> String {
        switch failure {
        case nil: "success"
        case .noMatch, .passphraseWrong: "no match"
        case .headerForged: "HMAC failure"
        case .empty, .notAge, .versionUnsupported, .headerMalformed, .truncated(.header),
            .workFactorTooHigh:
            "header failure"
        case .armorMalformed, .truncated(.armor): "armor failure"
        case .truncated(.payload), .payloadDamaged, .endDamaged, .lastChunkEmpty, .trailingData:
            "payload failure"
        case let other?: "\(other)"
        }
    }
}
