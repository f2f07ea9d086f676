/// Scheme, host and port: what connections are made to, and all of a URL that errors show.
struct HTTPOrigin: Hashable, Sendable, CustomStringConvertible {
    let scheme: String
    /// As in the URL, an IPv6 address in brackets, with the port if it is there.
    let authority: String

    /// `nil` for what is no absolute http or https URL, or has a user in it.
    init?(_ url: String) {
        guard let colon = url.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        scheme = String(url[..<colon]).lowercased()
        guard scheme == "http" || scheme == "https", url[colon...].hasPrefix("://") else {
            return nil
        }
        let rest = url[colon...].dropFirst(3)
        authority = rest.prefix { !"/?#".contains($0) }.lowercased()
        guard !authority.isEmpty, !authority.contains("@") else { return nil }
    }

    var description: String { "\(scheme)://\(authority)" }
}
