public import Vocabulary

/// Whole files at once, for what fits into memory: secrets.
public enum AgeFile {
    /// - Throws: ``AgeError`` for no recipients, or one that is a weak key.
    public static func encrypt(
        _ plaintext: Sensitive<[UInt8]>, to recipients: Recipients, as encoding: Encoding = .binary
    ) async throws -> [UInt8] {
        var encryptor = try await Encryptor(to: recipients, as: encoding)
        var output: [UInt8] = []
        plaintext.withExposed { encryptor.encrypt($0, into: &output) }
        encryptor.finish(into: &output)
        return output
    }

    /// The plaintext, when the file is whole and authentic.
    ///
    /// - Throws: ``AgeError``, or what asking for the passphrase throws.
    public static func decrypt(
        _ file: [UInt8], with keyring: Keyring, from encoding: Encoding? = nil
    ) async throws -> Sensitive<[UInt8]> {
        var decryptor = Decryptor(with: keyring, from: encoding)
        var output: [UInt8] = []
        try await decryptor.decrypt(file, into: &output)
        try await decryptor.finish(into: &output)
        return Sensitive(output)
    }
}
