import Schema
public import Vocabulary

/// What a credential can be named and hold.
public enum CredentialValue {
    public static let longest = ByteCount.mebibytes(1)

    /// A value as it comes from a pipe or a person. Of a single line its end is left out, which
    /// `echo` and every editor puts there; of several lines each byte counts.
    ///
    /// - Throws: why it can be no value, which says nothing of it.
    public static func read(
        _ bytes: Sensitive<[UInt8]>, for name: String
    ) throws(Diagnostic) -> Sensitive<String> {
        let text = bytes.map { bytes in
            String(validating: bytes, as: UTF8.self)
        }
        let value = text.map { text -> String? in
            guard let text else { return nil }
            let body = text.utf8.dropLast(text.utf8.last == newline ? 1 : 0)
            return body.contains(newline) ? text : String(Substring(body))
        }
        guard let whole = value.withExposed({ $0.map { Sensitive($0) } }) else {
            throw Diagnostic(
                .badCredential, "the value of `\(name.visible)` is not UTF-8 text",
                help: "Encode what is not text, with base64 for instance.")
        }
        if let reason = problem(with: whole) {
            throw Diagnostic(.badCredential, "the value of `\(name.visible)` \(reason)")
        }
        return whole
    }

    /// Why it can be no value, in words that go behind its name.
    static func problem(with value: Sensitive<String>) -> String? {
        value.withExposed { text in
            if text.isEmpty { return "is empty" }
            if text.utf8.contains(0) { return "has a NUL character in it" }
            return text.utf8.count > longest.bytes ? "is longer than \(longest)" : nil
        }
    }

    /// - Throws: what is wrong with a name.
    public static func check(name: String) throws(Diagnostic) {
        guard !Credential.isName(name) else { return }
        throw Diagnostic(
            .badCredential, "a credential cannot be named `\(name.visible)`",
            hint: "lowercase letters, digits and `_`, a letter first: `payments_db_password`")
    }

    /// A random value of so many letters and digits.
    public static func random(length: Int) -> Sensitive<String> {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        // From the kernel's generator, and without bias.
        var generator = SystemRandomNumberGenerator()
        return Sensitive(
            String((0..<length).map { _ in alphabet[Int.random(in: 0..<62, using: &generator)] }))
    }

    private static let newline = UInt8(ascii: "\n")
}
