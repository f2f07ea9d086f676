import Age
import Testing
import Vocabulary

/// Nothing of a file can be changed without its reader saying so.
@Suite struct TamperingTests {
    private static let plaintext = Array("pay 100 to alice".utf8)
    private let identity = Identity()
    private var keyring: Keyring { Keyring(identities: [identity]) }

    @Test(arguments: [Encoding.binary, .armored])
    func `a file with any one bit flipped is refused, and nothing of it given out`(
        encoding: Encoding
    ) async throws {
        let file = try await encrypted(
            [Self.plaintext], to: .keys([identity.recipient]), as: encoding)
        var survivors: [Int] = []
        for bit in 0..<file.count * 8 {
            var changed = file
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let opened = try await Decrypted(changed, with: keyring)
            if opened.failure == nil || !opened.output.isEmpty { survivors.append(bit) }
        }
        #expect(survivors.isEmpty)
        print("bit flips, \(encoding): \(file.count * 8) tried")
    }

    @Test(arguments: [Encoding.binary, .armored])
    func `a file that is cut off anywhere is refused`(encoding: Encoding) async throws {
        let file = try await encrypted(
            [Self.plaintext], to: .keys([identity.recipient]), as: encoding)
        // An armor's last line may lack its end.
        let lengths = 0..<(encoding == .armored ? file.count - 1 : file.count)
        var survivors: [Int] = []
        for length in lengths {
            let opened = try await Decrypted(Array(file.prefix(length)), with: keyring)
            if opened.failure == nil || !opened.output.isEmpty { survivors.append(length) }
        }
        #expect(survivors.isEmpty)
        print("truncations, \(encoding): \(lengths.count) tried")
    }

    @Test(arguments: [Encoding.binary, .armored])
    func `a file with anything behind its end is refused`(encoding: Encoding) async throws {
        let file = try await encrypted(
            [Self.plaintext], to: .keys([identity.recipient]), as: encoding)
        for tail in [[0], Array("x".utf8), file, [UInt8](repeating: 32, count: 2000)] {
            let opened = try await Decrypted(file + tail, with: keyring)
            #expect(opened.failure != nil)
        }
    }

    @Test func `chunks that are dropped, doubled, swapped or taken from elsewhere are noticed`()
        async throws
    {
        let sealed = 65536 + 16
        var random = SeededGenerator(seed: 3)
        let plaintext = random.bytes(3 * 65536 + 100)
        let file = try await encrypted([plaintext], to: .keys([identity.recipient]))
        let other = try await encrypted([plaintext], to: .keys([identity.recipient]))
        let head = Array(file.prefix(file.count - 3 * sealed - 116))
        func chunks(_ file: [UInt8]) -> [[UInt8]] {
            let body = file.dropFirst(head.count)
            return (0..<4).map { Array(body.dropFirst($0 * sealed).prefix(sealed)) }
        }
        let whole = chunks(file)
        #expect(head + whole.joined() == file)
        let cases: [(order: [[UInt8]], intact: Int, failure: AgeError)] = [
            // Cut off at the edge of a chunk.
            ([whole[0], whole[1], whole[2]], 3, .truncated(.payload)),
            ([whole[0]], 1, .truncated(.payload)),
            ([], 0, .truncated(.payload)),
            ([whole[0], whole[2], whole[3]], 1, .payloadDamaged(offset: 65536)),
            (
                [whole[0], whole[0], whole[1], whole[2], whole[3]], 1,
                .payloadDamaged(offset: 65536)
            ),
            ([whole[1], whole[0], whole[2], whole[3]], 0, .payloadDamaged(offset: 0)),
            ([whole[0], whole[3]], 1, .endDamaged(offset: 65536)),
            ([whole[0], chunks(other)[1], whole[2], whole[3]], 1, .payloadDamaged(offset: 65536)),
            (whole + [whole[3]], 3, .endDamaged(offset: 3 * 65536)),
        ]
        for (order, intact, failure) in cases {
            let opened = try await Decrypted(head + order.joined(), with: keyring)
            #expect(opened.failure == failure)
            #expect(opened.output == Array(plaintext.prefix(intact * 65536)))
        }
    }

    @Test func `the payload of one file does not go with the header of another`() async throws {
        let recipients = Recipients.keys([identity.recipient])
        let file = try await encrypted([Self.plaintext], to: recipients)
        let other = try await encrypted([Self.plaintext], to: recipients)
        let size = 16 + Self.plaintext.count + 16
        let opened = try await Decrypted(
            Array(file.dropLast(size) + other.suffix(size)), with: keyring)
        #expect(opened == Decrypted(failure: .endDamaged(offset: 0)))
    }

    @Test func `a recipient cannot be added by somebody who cannot open the file`() async throws {
        let file = try await encrypted([Self.plaintext], to: .keys([identity.recipient]))
        let mark = Array("\n--- ".utf8)
        let end = try #require(file.indices.first { file[$0...].starts(with: mark) })
        let more = Array("\n-> grease x\nAAAA".utf8)
        let opened = try await Decrypted(
            Array(file.prefix(end)) + more + Array(file.dropFirst(end)), with: keyring)
        #expect(opened == Decrypted(failure: .headerForged))
    }

    @Test func `a decryptor that has failed goes on failing`() async throws {
        var file = try await encrypted(
            [[UInt8](repeating: 1, count: 200_000)], to: .keys([identity.recipient]))
        file[file.count - 100_000] ^= 1
        var decryptor = Decryptor(with: keyring)
        var output: [UInt8] = []
        for _ in 0..<2 {
            do {
                try await decryptor.decrypt(file, into: &output)
                Issue.record("it was taken")
            } catch let error as AgeError {
                #expect(error == .payloadDamaged(offset: 65536))
            }
        }
        #expect(output.count == 65536)
        do {
            try await decryptor.finish(into: &output)
            Issue.record("it was taken for whole")
        } catch let error as AgeError {
            #expect(error == .payloadDamaged(offset: 65536))
        }
    }
}
