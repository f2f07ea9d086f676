/// Why something is not signed, or not taken for what it says it is.
public enum SigningError: Error, Hashable, Sendable {
    case keyUnusable(String)
    /// It has no signature where one should be.
    case unsigned
    /// It is signed with a key that is not trusted here.
    case untrusted(VerifyingKey)
    /// It is not what was signed.
    case forged
}
