public import Vocabulary

/// One line of JSON and a line with its signature: what is signed are the first line's bytes as
/// they are stored, so that nobody has to write them anew to check them.
///
/// ```
/// {"document":"finflow snapshot manifest 1",…}
/// {"signature":"BASE64","key":"ed25519:BASE64"}
/// ```
public struct SignedDocument: Hashable, Sendable {
    /// As it is stored.
    public let bytes: [UInt8]
    /// The first line, without its end.
    let payload: [UInt8]

    /// Signs a document.
    public init(_ document: JSON, with key: SigningKey) throws(SigningError) {
        payload = Array(document.line.utf8)
        let signature: JSON = [
            "signature": .string(Base64.encode(try key.signature(of: payload))),
            "key": .string("\(key.publicKey)"),
        ]
        bytes = payload + [0x0A] + Array(signature.line.utf8) + [0x0A]
    }

    /// Reads what is stored, if one of the keys signed it.
    ///
    /// - Throws: ``SigningError``; nothing of the document is looked at before its signature.
    public init(_ bytes: [UInt8], trusting keys: Set<VerifyingKey>) throws(SigningError) {
        guard let end = bytes.firstIndex(of: 0x0A) else { throw .unsigned }
        payload = Array(bytes[..<end])
        self.bytes = bytes
        guard let line = try? JSON(parsing: bytes[(end + 1)...]),
            let text = line["signature"]?.string, let signature = Base64.decode(text.utf8),
            let name = line["key"]?.string, let key = VerifyingKey(name)
        else { throw .unsigned }
        // One form only: nothing else may stand in the object whose digest the chain holds.
        let plain: JSON = ["signature": .string(text), "key": .string(name)]
        guard bytes[(end + 1)...].elementsEqual((plain.line + "\n").utf8) else { throw .unsigned }
        guard keys.contains(key) else { throw .untrusted(key) }
        guard key.isSignature(signature, of: payload) else { throw .forged }
    }

    /// Of all of it, as the next manifest and the records name it.
    public var sha256: ContentDigest { ContentDigest(of: bytes) }

    /// The document, which is the program's own: it was signed.
    public func json() throws(DocumentError) -> JSON {
        do throws(JSONError) {
            return try JSON(parsing: payload)
        } catch {
            throw DocumentError(path: "", message: "\(error.message), at byte \(error.offset)")
        }
    }
}
