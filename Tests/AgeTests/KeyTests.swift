import Testing
import Vocabulary

@testable import Age

@Suite struct KeyTests {
    // Of the format's own description.
    private static let secret =
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
    private static let recipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

    private func identity(_ text: String) throws(AgeError) -> Identity {
        try Identity(Sensitive(text))
    }

    @Test func `a secret key gives the recipient that the format says, and itself again`() throws {
        let identity = try identity(Self.secret)
        #expect(identity.recipient.description == Self.recipient)
        #expect(identity.recipient == (try Recipient(Self.recipient)))
        #expect(identity.encoded.withExposed { $0 } == Self.secret)
    }

    @Test func `a new key is written and read`() throws {
        let made = Identity()
        let read = try Identity(made.encoded)
        #expect(read.recipient == made.recipient)
        #expect(made.recipient != Identity().recipient)
        #expect(try Recipient(made.recipient.description) == made.recipient)
    }

    // Those of BIP 173 that hold whole bytes.
    @Test(arguments: [
        ("A12UEL5L", "A", ""), ("a12uel5l", "a", ""), ("?1ezyfcl", "?", ""),
        (
            "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef",
            "00443214c74254b635cf84653a56d7c675be77df"
        ),
        (
            "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split",
            "c5f38b70305f519bf66d85fb6cf03058f3dde463ecd7918f2dc743918f2d"
        ),
    ])
    func `what BIP 173 calls valid is read`(text: String, prefix: String, bytes: String) throws {
        let decoded = try Bech32.decode(text)
        #expect(decoded.prefix == prefix)
        let digits = decoded.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(digits == bytes)
        #expect(
            Bech32.encode(prefix: prefix.lowercased(), decoded.bytes) == text.lowercased())
    }

    @Test(arguments: [
        "\u{20}1nwldj5", "\u{7F}1axkwrx", "\u{80}1eym55h", "pzry9x0s0muk", "1pzry9x0s0muk",
        "x1b4n0q5v", "li1dgmt3", "de1lg7wt\u{FF}", "A1G7SGD8", "10a06t8", "1qzzfhee", "", "1",
    ])
    func `what BIP 173 calls invalid is not`(text: String) {
        #expect(throws: Bech32.Flaw.self) { try Bech32.decode(text) }
    }

    @Test func `a key with any one character mistyped is refused`() {
        var survivors: [String] = []
        for index in Self.recipient.indices {
            for letter in "qpzry9x8gf2tvdw0s3jn54khce6mua7lb1i "
            where letter != Self.recipient[index] {
                var text = Self.recipient
                text.replaceSubrange(index...index, with: String(letter))
                if (try? Recipient(text)) != nil { survivors.append(text) }
            }
        }
        #expect(survivors.isEmpty)
    }

    @Test func `each wrong key says what is wrong with it`() {
        func words(_ body: () throws -> Void) -> String? {
            do {
                try body()
                return nil
            } catch let error as AgeError {
                return error.diagnostic().message
            } catch { return nil }
        }
        let recipients: [(String, String)] = [
            (Self.recipient.uppercased(), "lower case"),
            (Self.recipient + "q", "checksum"),
            (String(Self.recipient.dropLast()), "checksum"),
            ("Age1" + Self.recipient.dropFirst(4), "mixes upper and lower case"),
            (Self.secret, "it is a secret key"),
            ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE", "only X25519 keys"),
            (Bech32.encode(prefix: "age1yubikey", [1, 2]), "only X25519 keys"),
            (Bech32.encode(prefix: "age", [UInt8](repeating: 1, count: 31)), "not of 32 bytes"),
            ("", "it is not a key"),
        ]
        for (text, reason) in recipients {
            let message = words { _ = try Recipient(text) }
            #expect(message?.contains(reason) == true, "\(text): \(message ?? "taken")")
        }
        let identities: [(String, String)] = [
            (Self.recipient, "public key"),
            (Self.secret.lowercased(), "upper case"),
            (String(Self.secret.dropLast()), "checksum"),
            (Bech32.encode(prefix: "age-plugin-x-", [1]).uppercased(), "only X25519 keys"),
        ]
        for (text, reason) in identities {
            let message = words { _ = try identity(text) }
            #expect(message?.contains(reason) == true, "\(text): \(message ?? "taken")")
        }
    }

    @Test func `a file of identities has one on a line, and comments`() throws {
        let other = Identity()
        let file = other.encoded.map {
            "# created: today\r\n\n  \(Self.secret)  \r\n#\n\($0)"
        }
        let identities = try Identity.list(in: file)
        let expected = [Self.recipient, other.recipient.description]
        #expect(identities.map(\.recipient.description) == expected)
        let recipients = try Recipient.list(in: "# ours\n\(Self.recipient)\n\n\(other.recipient)\n")
        #expect(recipients.map(\.description) == expected)
        #expect(throws: AgeError.noRecipients) { try Recipient.list(in: "# nobody\n") }
    }

    @Test(
        arguments: [
            ("# none\n", nil, "no key"), (secret + "\nAGE-SECRET-KEY-1QQ\n", 2, "too short"),
            ("-----BEGIN AGE ENCRYPTED FILE-----\n", 1, "itself encrypted"),
            ("age-encryption.org/v1\n", 1, "itself encrypted"),
            ("\n-----BEGIN OPENSSH PRIVATE KEY-----\n", 2, "another kind"),
        ] as [(String, Int?, String)])
    func `a wrong file of identities names the line`(
        file: String, line: Int?, reason: String
    ) throws {
        let error = try #require(throws: AgeError.self) {
            _ = try Identity.list(in: Sensitive(file))
        }
        guard case .identityUnusable(let words, let number) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(words.contains(reason) && number == line)
    }

    @Test func `no way of printing shows a secret`() throws {
        let identity = try identity(Self.secret)
        let passphrase = try Passphrase(Sensitive("hunter2hunter2"))
        let keyring = Keyring(identities: [identity]) { passphrase }
        let recipients = Recipients.passphrase(passphrase)
        let file = FileKey()
        var texts: [String] = []
        for value in [identity, passphrase, keyring, recipients, file] as [Any] {
            var dumped = ""
            dump(value, to: &dumped)
            texts += [dumped, String(describing: value), String(reflecting: [value])]
        }
        // Neither do the errors about it.
        let mistyped = String(Self.secret.dropLast())
        for text in [mistyped, Self.secret.lowercased(), " " + Self.secret] {
            do {
                _ = try self.identity(text)
                Issue.record("\(text) is taken")
            } catch {
                texts += ["\(error)", "\(error.diagnostic())", error.diagnostic().message]
            }
            do {
                _ = try Recipient(text)
                Issue.record("\(text) is taken")
            } catch {
                texts += ["\(error)", "\(error.diagnostic())", error.diagnostic().message]
            }
        }
        for text in texts {
            #expect(!text.lowercased().contains("gfpyysjz"))
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("SymmetricKey"))
        }
    }
}
