/// How an age file is written down.
public enum Encoding: Hashable, Sendable {
    /// As bytes.
    case binary
    /// As text that mail and terminals let through: PEM (RFC 7468).
    case armored
}
