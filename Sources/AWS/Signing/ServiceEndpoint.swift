/// Where a service is: `https://s3.eu-central-1.amazonaws.com`, `http://127.0.0.1:9000`.
struct ServiceEndpoint: Hashable, Sendable {
    let isSecure: Bool
    /// The name alone; an IPv6 address in brackets.
    let name: String
    /// The name, with the port where it is not the scheme's own: what `Host` says.
    let host: String
    /// Without a slash at its end.
    let path: String

    /// `nil` for what is no http or https URL of a server; users, queries and fragments have no
    /// place in one.
    init?(_ url: String, allowingQuery: Bool = false) {
        let scheme = url.prefix { $0 != ":" }
        guard scheme == "https" || scheme == "http" else { return nil }
        isSecure = scheme == "https"
        guard url.dropFirst(scheme.count).hasPrefix("://") else { return nil }
        let rest = url.dropFirst(scheme.count + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        var path = rest.dropFirst(authority.count)
        if allowingQuery { path = path.prefix { $0 != "?" } }
        let isPlain = path.utf8.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
        }
        guard isPlain, let (name, port) = Self.split(authority) else { return nil }
        while path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
        self.name = name
        let own = isSecure ? 443 : 80
        host = port == nil || port == own ? name : "\(name):\(port ?? own)"
    }

    private static func split(_ authority: Substring) -> (name: String, port: Int?)? {
        let end = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : authority.startIndex
        guard let end else { return nil }
        let colon = authority[end...].firstIndex(of: ":")
        let name = authority[..<(colon ?? authority.endIndex)].lowercased()
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"),
                UInt8(ascii: "["), UInt8(ascii: "]"):
                true
            default: false
            }
        }
        guard isName, !name.isEmpty else { return nil }
        guard let colon else { return (name, nil) }
        guard let port = UInt16(authority[colon...].dropFirst()), port > 0 else { return nil }
        return (name, Int(port))
    }

    var isLoopback: Bool {
        name == "localhost" || name == "[::1]" || isIPv4 && name.hasPrefix("127.")
    }

    /// An address has no names below it.
    var isAddress: Bool { name.hasPrefix("[") || isIPv4 }

    private var isIPv4: Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// What the names of AWS's services in a region end with.
    static func domain(of region: String) -> String {
        region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
    }
}
