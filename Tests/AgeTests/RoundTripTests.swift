import Testing
import Vocabulary

@testable import Age

@Suite struct RoundTripTests {
    private static let chunk = 64 << 10
    private static let sizes =
        [0, 1, 15, 16, 17, 47, 48, 49]
        + (1...3).flatMap { count in [-17, -16, -15, -1, 0, 1, 16].map { count * chunk + $0 } }

    @Test(arguments: sizes)
    func `a file of any size comes back, however it is cut into pieces`(size: Int) async throws {
        var random = SeededGenerator(seed: UInt64(size))
        let plaintext = random.bytes(size)
        let identity = Identity()
        let keyring = Keyring(identities: [identity])
        for encoding in [Encoding.binary, .armored] {
            for longest in [size + 1, 100_000, 5_000] {
                let file = try await encrypted(
                    random.pieces(of: plaintext, longest: longest),
                    to: .keys([identity.recipient]), as: encoding)
                let opened = try await Decrypted(
                    random.pieces(of: file, longest: longest), with: keyring)
                #expect(opened.failure == nil)
                #expect(opened.output == plaintext)
                let other: Encoding = encoding == .binary ? .armored : .binary
                let refused = try await Decrypted(file, with: keyring, from: other)
                #expect(refused.failure != nil && refused.output.isEmpty)
            }
        }
    }

    @Test func `a file is as long as its contents, their tags, a nonce and the header`()
        async throws
    {
        let recipients = Recipients.keys([Identity().recipient])
        let header = try await encrypted([], to: recipients).count - 16 - 16
        for size in Self.sizes {
            let chunks = max(1, (size + Self.chunk - 1) / Self.chunk)
            let file = try await encrypted([[UInt8](repeating: 7, count: size)], to: recipients)
            #expect(file.count == header + 16 + size + 16 * chunks, "\(size)")
        }
    }

    @Test func `no two files of the same contents are alike`() async throws {
        let plaintext = [[UInt8](repeating: 0, count: 1000)]
        let recipients = Recipients.keys([Identity().recipient])
        let files = [
            try await encrypted(plaintext, to: recipients),
            try await encrypted(plaintext, to: recipients),
        ]
        let same = zip(files[0].suffix(1016), files[1].suffix(1016)).count { $0 == $1 }
        // Four of a thousand are alike by chance; forty never are.
        #expect(same < 40)
    }

    @Test func `any one of several recipients opens it, and nobody else does`() async throws {
        let identities = [Identity(), Identity(), Identity()]
        let file = try await encrypted(
            [Array("for three".utf8)], to: .keys(identities.map(\.recipient)))
        for identity in identities {
            let opened = try await Decrypted(
                file, with: Keyring(identities: [Identity(), identity]))
            #expect(opened.output == Array("for three".utf8) && opened.failure == nil)
        }
        let other = try await Decrypted(file, with: Keyring(identities: [Identity(), Identity()]))
        #expect(
            other.failure == .noMatch(recipients: ["X25519", "X25519", "X25519"], tried: 2))
        let nobody = try await Decrypted(file, with: Keyring(passphrase: "three"))
        #expect(
            nobody.failure == .noMatch(recipients: ["X25519", "X25519", "X25519"], tried: 0))
    }

    @Test func `a passphrase opens what it closed, and another one does not`() async throws {
        let factor = try #require(WorkFactor(exponent: 10))
        let file = try await AgeFile.encrypt(
            Sensitive(Array("mine".utf8)),
            to: .passphrase(Passphrase(Sensitive("käse ☃")), workFactor: factor), as: .armored)
        let opened = try await AgeFile.decrypt(file, with: Keyring(passphrase: "käse ☃"))
        #expect(opened.withExposed { $0 } == Array("mine".utf8))
        let wrong = try await Decrypted(file, with: Keyring(passphrase: "käse"))
        #expect(wrong.failure == .passphraseWrong)
        let none = try await Decrypted(file, with: Keyring(identities: [Identity()]))
        #expect(none.failure == .passphraseNeeded)
        let lower = try #require(WorkFactor(exponent: 9))
        let costly = try await Decrypted(
            file, with: Keyring(passphrase: "käse ☃", maximumWorkFactor: lower))
        #expect(costly.failure == .workFactorTooHigh(exponent: 10, limit: lower))
    }

    @Test func `a passphrase is asked for only when it opens something`() async throws {
        struct Asked: Error {}
        let identity = Identity()
        let keyring = Keyring(identities: [identity]) { throw Asked() }
        let file = try await encrypted([[1]], to: .keys([identity.recipient]))
        #expect(try await Decrypted(file, with: keyring).output == [1])
        let factor = try #require(WorkFactor(exponent: 1))
        let locked = try await encrypted(
            [[1]], to: .passphrase(Passphrase(Sensitive("p")), workFactor: factor))
        await #expect(throws: Asked.self) {
            _ = try await AgeFile.decrypt(locked, with: keyring)
        }
    }

    @Test func `nothing is encrypted to nobody or to a weak key`() async throws {
        await #expect(throws: AgeError.noRecipients) {
            try await encrypted([[1]], to: .keys([]))
        }
        // The point of order one, as a key.
        let weak = Recipient(publicKey: [UInt8](repeating: 0, count: 32))
        let failure = await #expect(throws: AgeError.self) {
            try await encrypted([[1]], to: .keys([Identity().recipient, weak]))
        }
        #expect(failure?.diagnostic().message.contains("weak key") == true)
        #expect(throws: AgeError.passphraseEmpty) { try Passphrase(Sensitive("")) }
    }
}
