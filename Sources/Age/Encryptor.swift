/// Writes one age file, piece by piece, in memory that does not grow with it.
///
/// ```swift
/// var encryptor = try await Encryptor(to: .keys([recipient]))
/// var output: [UInt8] = []
/// encryptor.encrypt(piece, into: &output)
/// encryptor.finish(into: &output)
/// ```
///
/// A file is whole only after ``finish(into:)``: a pipeline that fails drops its encryptor, and
/// whoever reads what was written until then sees that it was cut off.
///
/// It cannot be copied: two that went on from one point would use up the same nonces.
public struct Encryptor: ~Copyable, Sendable {
    /// What comes before the first chunk.
    private var head: [UInt8]
    private var payload: PayloadWriter
    private var armor: ArmorWriter?
    /// The binary file between payload and armor; kept for its memory.
    private var binary: [UInt8] = []

    /// Begins a file under a key of its own. With a passphrase this takes a second or so, on
    /// the blocking pool.
    ///
    /// - Throws: ``AgeError`` for no recipients, or one that is a weak key.
    public init(to recipients: Recipients, as encoding: Encoding = .binary) async throws {
        let key = FileKey()
        let nonce = [UInt8].random(count: PayloadWriter.nonceSize)
        head = try await recipients.header(for: key).encoded + nonce
        payload = PayloadWriter(key: key.payloadKey(nonce: nonce))
        armor = encoding == .armored ? ArmorWriter() : nil
    }

    /// Appends to `output` what is ready of the file: nothing for most small pieces, for one
    /// chunk of 64 KiB is held back.
    ///
    /// It works where it is called, at a gigabyte a second or so.
    public mutating func encrypt(_ bytes: [UInt8], into output: inout [UInt8]) {
        guard armor != nil else {
            output += head
            head = []
            return payload.write(bytes[...], into: &output)
        }
        binary += head
        head = []
        payload.write(bytes[...], into: &binary)
        armor?.write(binary, into: &output)
        binary.removeAll(keepingCapacity: true)
    }

    /// Appends the rest of the file.
    public consuming func finish(into output: inout [UInt8]) {
        binary += head
        payload.finish(into: &binary)
        guard var armor else { return output += binary }
        armor.write(binary, into: &output)
        armor.finish(into: &output)
    }
}
