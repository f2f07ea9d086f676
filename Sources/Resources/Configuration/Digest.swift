import Schema

extension SecretText {
    /// What stands for the text in a fingerprint.
    var digest: String { withExposed { sha256Text($0.utf8) } }
}
