/// Reads one age file, piece by piece, in memory that does not grow with it.
///
/// ```swift
/// var decryptor = Decryptor(with: keyring)
/// var output: [UInt8] = []
/// try await decryptor.decrypt(piece, into: &output)
/// try await decryptor.finish(into: &output)
/// ```
///
/// What it gives out is authentic: it was written like this, at this place, by who made the
/// file. That it is *all* of the file is known only after ``finish(into:)``.
public struct Decryptor: ~Copyable, Sendable {
    private enum Phase {
        case header(HeaderReader)
        case payload(PayloadReader)
        /// It fails like this from now on.
        case failed(any Error)
    }

    private let keyring: Keyring
    private var encoding: EncodingReader
    private var phase = Phase.header(HeaderReader())

    /// - Parameter encoding: the only one that is accepted; `nil` for whichever it is.
    public init(with keyring: Keyring, from encoding: Encoding? = nil) {
        self.keyring = keyring
        self.encoding = EncodingReader(encoding)
    }

    /// Appends to `output` what is authentic of the plaintext, also before it throws.
    ///
    /// It works where it is called, at a gigabyte a second or so; a passphrase's key is derived
    /// on the blocking pool.
    ///
    /// - Throws: ``AgeError``, or what asking for the passphrase throws; then from now on.
    public mutating func decrypt(_ bytes: [UInt8], into output: inout [UInt8]) async throws {
        try await advance(&output) { encoding, binary throws(AgeError) in
            try encoding.read(bytes, into: &binary)
        }
    }

    /// Takes the end of the input for the end of the file.
    ///
    /// - Throws: ``AgeError`` when it is not: what came until now is not the whole plaintext.
    public consuming func finish(into output: inout [UInt8]) async throws {
        try await advance(&output) { encoding, binary throws(AgeError) in
            try encoding.finish(into: &binary)
        }
        switch phase {
        case .header(let reader): throw reader.ending
        case .payload(var reader): try reader.finish(into: &output)
        case .failed(let error): throw error
        }
    }

    private mutating func advance(
        _ output: inout [UInt8],
        _ decode: (inout EncodingReader, inout [UInt8]) throws(AgeError) -> Void
    ) async throws {
        if case .failed(let error) = phase { throw error }
        do {
            var binary: [UInt8] = []
            var failure: AgeError?
            do {
                try decode(&encoding, &binary)
            } catch {
                failure = error
            }
            // What came before a fault in the armor comes first, however the pieces were cut.
            try await read(binary[...], into: &output)
            if let failure { throw failure }
        } catch {
            phase = .failed(error)
            throw error
        }
    }

    private mutating func read(
        _ bytes: ArraySlice<UInt8>, into output: inout [UInt8]
    ) async throws {
        var rest = bytes
        // Each is taken out while it is changed, so that it is not copied.
        if case .header(var reader) = phase {
            phase = .header(HeaderReader())
            let header = try reader.read(&rest)
            guard let header else {
                phase = .header(reader)
                return
            }
            phase = .payload(PayloadReader(key: try await keyring.fileKey(of: header)))
        }
        if case .payload(var reader) = phase {
            phase = .header(HeaderReader())
            defer { phase = .payload(reader) }
            try reader.read(rest, into: &output)
        }
    }
}
