import Age
import Glibc
import Loop
import Testing
import Vocabulary

/// Against the `age` program, both ways.
@Suite(.enabled(if: AgeProgram.isExpected, "age is not installed: Tools/prepare --tests"))
struct InteroperationTests {
    private static let sizes = [0, 1, 65535, 65536, 65537, 131072, 1_000_000]

    @Test(arguments: sizes, [Encoding.binary, .armored])
    func `age opens what is encrypted here`(size: Int, encoding: Encoding) async throws {
        var random = SeededGenerator(seed: UInt64(size))
        let plaintext = random.bytes(size)
        let identity = Identity()
        let file = try await encrypted(
            random.pieces(of: plaintext, longest: 70_000),
            to: .keys([Identity().recipient, identity.recipient]), as: encoding)
        let folder = try Folder()
        let key = try folder.file("key.txt", identity.encoded.withExposed { Array($0.utf8) })
        let opened = try await AgeProgram.run("age", ["--decrypt", "-i", key], input: file)
        #expect(opened == plaintext)
    }

    @Test(arguments: sizes, [Encoding.binary, .armored])
    func `what age encrypts is opened here`(size: Int, encoding: Encoding) async throws {
        var random = SeededGenerator(seed: UInt64(size))
        let plaintext = random.bytes(size)
        let keys = try await AgeProgram.run("age-keygen", [])
        let identities = try Identity.list(in: Sensitive(String(decoding: keys, as: UTF8.self)))
        let recipients = [Identity().recipient] + identities.map(\.recipient)
        let file = try await AgeProgram.run(
            "age",
            (encoding == .armored ? ["--armor"] : [])
                + recipients.flatMap { ["-r", $0.description] },
            input: plaintext)
        let opened = try await Decrypted(
            random.pieces(of: file, longest: 70_000), with: Keyring(identities: identities))
        #expect(opened.failure == nil)
        #expect(opened.output == plaintext)
    }

    @Test func `age-keygen agrees on the public key of a new secret one`() async throws {
        let identity = Identity()
        let printed = try await AgeProgram.run(
            "age-keygen", ["-y"], input: identity.encoded.withExposed { Array($0.utf8) })
        #expect(String(decoding: printed, as: UTF8.self) == "\(identity.recipient)\n")
    }

    @Test func `age opens what a passphrase closed here`() async throws {
        let factor = try #require(WorkFactor(exponent: 12))
        let file = try await encrypted(
            [Array("mine".utf8)],
            to: .passphrase(Passphrase(Sensitive("correct horse")), workFactor: factor))
        let folder = try Folder()
        let path = try folder.file("file.age", file)
        try await AgeProgram.answer(
            "correct horse", to: ["--decrypt", "-o", "\(folder.path)/plain", path])
        #expect(try folder.read("plain") == Array("mine".utf8))
    }

    @Test(arguments: [Encoding.binary, .armored])
    func `what age closes with a passphrase is opened here`(encoding: Encoding) async throws {
        let folder = try Folder()
        let plain = try folder.file("plain", Array("theirs".utf8))
        try await AgeProgram.answer(
            "correct horse",
            to: ["--passphrase"] + (encoding == .armored ? ["--armor"] : [])
                + ["-o", "\(folder.path)/file.age", plain])
        let file = try folder.read("file.age")
        let opened = try await Decrypted(file, with: Keyring(passphrase: "correct horse"))
        #expect(opened.failure == nil)
        #expect(opened.output == Array("theirs".utf8))
        let wrong = try await Decrypted(file, with: Keyring(passphrase: "correct hors"))
        #expect(wrong.failure == .passphraseWrong && wrong.output.isEmpty)
    }

    @Test func `a key file that age closed with a passphrase is opened here`() async throws {
        let folder = try Folder()
        let identity = Identity()
        let key = try folder.file("key.txt", identity.encoded.withExposed { Array($0.utf8) })
        try await AgeProgram.answer(
            "correct horse", to: ["--passphrase", "-o", "\(folder.path)/key.age", key])
        let opened = try await AgeFile.decrypt(
            try folder.read("key.age"), with: Keyring(passphrase: "correct horse"))
        let identities = try Identity.list(in: opened.map { String(decoding: $0, as: UTF8.self) })
        #expect(identities.map(\.recipient) == [identity.recipient])
    }
}

/// The `age` program and its `age-keygen`.
private enum AgeProgram {
    /// It is there, or it has to be.
    static var isExpected: Bool {
        let isRequired = getenv("LAB_REQUIRED").map { String(cString: $0) } == "1"
        return isRequired || access("/usr/bin/age", X_OK) == 0
    }

    static func run(_ program: String, _ arguments: [String], input: [UInt8] = []) async throws
        -> [UInt8]
    {
        let ended = try await ChildProcess.collect(Command(program, arguments), input: input)
        try #require(ended.exit.isSuccess, "\(ended.errorText)")
        return ended.output
    }

    /// Runs `age` on a terminal of its own, for it asks for passphrases nowhere else, and answers
    /// each question with `passphrase`.
    static func answer(_ passphrase: String, to arguments: [String]) async throws {
        let script = """
            import os, pty, sys
            passphrase = sys.stdin.readline().encode()
            child, terminal = pty.fork()
            if child == 0:
                os.execvp("age", ["age"] + sys.argv[1:])
            seen = b""
            while True:
                try:
                    piece = os.read(terminal, 4096)
                except OSError:
                    break
                if not piece:
                    break
                sys.stderr.buffer.write(piece)
                seen += piece
                if seen.rstrip(b" ").endswith(b":"):
                    os.write(terminal, passphrase)
                    seen = b""
            sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
            """
        _ = try await run(
            "python3", ["-c", script] + arguments, input: Array("\(passphrase)\n".utf8))
    }
}
