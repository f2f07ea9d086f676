public import Vocabulary

/// What requests are signed with.
public struct AWSCredentials: Sendable {
    /// The key's public name: `AKIA…`, `ASIA…` for one that expires.
    public var accessKey: String
    public var secret: Sensitive<String>
    /// What proves that the key is in force; only temporary ones have it.
    public var session: Sensitive<String>?
    /// From when they are refused; `nil` for those that somebody has to retire.
    public var expires: Timestamp?

    public init(
        accessKey: String, secret: Sensitive<String>, session: Sensitive<String>? = nil,
        expires: Timestamp? = nil
    ) {
        self.accessKey = accessKey
        self.secret = secret
        self.session = session
        self.expires = expires
    }
}

extension AWSCredentials {
    /// Whether both are the same key in the same session. The name of a temporary key is new
    /// with each session.
    func isSame(as other: AWSCredentials) -> Bool {
        accessKey == other.accessKey && expires == other.expires
    }
}
