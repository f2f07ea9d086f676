import Crypto
import Glibc
import Loop
public import Vocabulary

/// Signs what a repository holds: an Ed25519 secret key (RFC 8032), on one line
/// `ed25519-secret:BASE64` of a file that is its owner's alone.
public struct SigningKey: Sendable {
    static let prefix = "ed25519-secret:"

    private let key: Sensitive<Curve25519.Signing.PrivateKey>
    /// What goes to everybody who checks.
    public let publicKey: VerifyingKey

    /// A new one.
    public init() {
        self.init(Curve25519.Signing.PrivateKey())
    }

    private init(_ key: Curve25519.Signing.PrivateKey) {
        self.key = Sensitive(key)
        publicKey = VerifyingKey(bytes: Array(key.publicKey.rawRepresentation))
    }

    /// - Throws: an error that says nothing of the text.
    public init(_ text: Sensitive<String>) throws(SigningError) {
        let key = text.withExposed { text -> Curve25519.Signing.PrivateKey? in
            let line = text.hasSuffix("\n") ? text.dropLast() : text[...]
            guard line.hasPrefix(Self.prefix),
                let bytes = Base64.decode(line.dropFirst(Self.prefix.count).utf8)
            else { return nil }
            return try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        }
        guard let key else { throw .keyUnusable("it is no line `\(Self.prefix)…`") }
        self.init(key)
    }

    /// From a file that nobody but its owner may read.
    public init(file path: String) async throws(SigningError) {
        let text = try await BlockingPool.shared.run { () throws(SigningError) in
            try Self.text(of: path)
        }
        try self.init(text)
    }

    private static func text(of path: String) throws(SigningError) -> Sensitive<String> {
        var information = stat()
        let bytes: [UInt8]
        do throws(SystemError) {
            guard stat(path, &information) == 0 else { throw SystemError(errno, in: "stat") }
            bytes = try FileCalls.contents(of: path, atMost: .kibibytes(4)) ?? []
        } catch {
            throw .keyUnusable("\(path): \(error.reason)")
        }
        guard information.st_mode & 0o077 == 0 else {
            throw .keyUnusable("others than its owner may use the file \(path)")
        }
        return Sensitive(String(decoding: bytes, as: UTF8.self))
    }

    /// For the one place where it is kept.
    public var encoded: Sensitive<String> {
        key.map { Self.prefix + Base64.encode($0.rawRepresentation) }
    }

    func signature(of bytes: [UInt8]) throws(SigningError) -> [UInt8] {
        let signature = key.withExposed { try? $0.signature(for: bytes) }
        guard let signature else { throw .keyUnusable("it does not sign") }
        return Array(signature)
    }
}

/// Checks what a ``SigningKey`` signed: `ed25519:BASE64`.
public struct VerifyingKey: Hashable, Sendable {
    static let prefix = "ed25519:"

    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// `nil` for what is no such key.
    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix),
            let bytes = Base64.decode(text.dropFirst(Self.prefix.count).utf8),
            (try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)) != nil
        else { return nil }
        self.bytes = bytes
    }

    func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
            return false
        }
        return key.isValidSignature(signature, for: message)
    }
}

extension VerifyingKey: CustomStringConvertible {
    public var description: String { Self.prefix + Base64.encode(bytes) }
}
