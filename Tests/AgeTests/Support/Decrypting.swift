import Age

/// What came out of a decryptor, and how it ended.
struct Decrypted: Equatable {
    var output: [UInt8] = []
    var failure: AgeError?

    init(failure: AgeError? = nil) {
        self.failure = failure
    }

    /// Feeds `pieces` one after the other.
    init(_ pieces: [[UInt8]], with keyring: Keyring, from encoding: Encoding? = nil) async throws {
        var decryptor = Decryptor(with: keyring, from: encoding)
        do {
            for piece in pieces { try await decryptor.decrypt(piece, into: &output) }
            try await decryptor.finish(into: &output)
        } catch let error as AgeError {
            failure = error
        }
    }

    init(_ file: [UInt8], with keyring: Keyring, from encoding: Encoding? = nil) async throws {
        try await self.init([file], with: keyring, from: encoding)
    }
}

/// The file that `pieces` become.
func encrypted(
    _ pieces: [[UInt8]], to recipients: Recipients, as encoding: Encoding = .binary
) async throws -> [UInt8] {
    var encryptor = try await Encryptor(to: recipients, as: encoding)
    var output: [UInt8] = []
    for piece in pieces { encryptor.encrypt(piece, into: &output) }
    encryptor.finish(into: &output)
    return output
}

extension Keyring {
    /// One that opens what `passphrase` opens.
    init(passphrase: String, maximumWorkFactor: WorkFactor = .standardLimit) throws {
        let passphrase = try Passphrase(.init(passphrase))
        self.init(maximumWorkFactor: maximumWorkFactor) { passphrase }
    }
}
