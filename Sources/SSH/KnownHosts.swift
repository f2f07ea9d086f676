internal import Crypto
internal import Vocabulary

/// The lines of known_hosts files (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT).
///
/// libssh2 has a reader too, which knows neither patterns nor markers and takes a host that is
/// on file with another *type* of key for one whose key has changed.
struct KnownHosts: Sendable {
    struct Entry: Sendable, Equatable {
        enum Marker: Sendable, Equatable {
            case revoked, certificateAuthority
        }

        let marker: Marker?
        fileprivate let names: Names
        let type: String
        let key: [UInt8]
        let place: SourcePlace
    }

    fileprivate enum Names: Sendable, Equatable {
        case patterns(HostPatterns)
        case hashed(salt: [UInt8], digest: [UInt8])
    }

    private(set) var entries: [Entry] = []

    /// Adds the lines of a file. Lines that say nothing are passed over, as OpenSSH does.
    mutating func read(_ text: String, file: String) {
        // By scalars: "\r\n" is one Character, and must not hide a line's end.
        for (index, line) in text.unicodeScalars.split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() {
            let fields = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
            let place = SourcePlace(
                file: file, start: .init(line: index + 1, column: 1),
                end: .init(line: index + 1, column: line.count + 1))
            if let entry = Entry(fields, place: place) { entries.append(entry) }
        }
    }

    /// The entries about a host, under the name that `name(of:port:)` gives it.
    func entries(for name: String) -> [Entry] {
        entries.filter { $0.names.match(name) }
    }

    /// How the files call a host: `host`, or `[host]:port` for a port that is not SSH's own.
    static func name(of host: String, port: UInt16) -> String {
        port == 22 ? host.lowercased() : "[\(host.lowercased())]:\(port)"
    }
}

extension KnownHosts.Entry {
    fileprivate init?(_ fields: [String], place: SourcePlace) {
        var fields = fields[...]
        switch fields.first {
        case nil: return nil
        case let first? where first.hasPrefix("#"): return nil
        case "@revoked": marker = .revoked
        case "@cert-authority": marker = .certificateAuthority
        // A marker that is not known may restrict the line: it is not used.
        case let first? where first.hasPrefix("@"): return nil
        default: marker = nil
        }
        if marker != nil { fields.removeFirst() }
        guard fields.count >= 3,
            let names = KnownHosts.Names(fields[fields.startIndex]),
            let key = Base64.decode(fields[fields.startIndex + 2].utf8, padding: .optional),
            WireReader.keyType(of: key) == fields[fields.startIndex + 1]
        else { return nil }
        self.names = names
        self.type = fields[fields.startIndex + 1]
        self.key = key
        self.place = place
    }
}

extension KnownHosts.Names {
    fileprivate init?(_ field: String) {
        guard field.hasPrefix("|") else {
            self = .patterns(HostPatterns(field.split(separator: ",").map(String.init)))
            return
        }
        let parts = field.split(separator: "|")
        guard parts.count == 3, parts[0] == "1",
            let salt = Base64.decode(parts[1].utf8, padding: .optional),
            let digest = Base64.decode(parts[2].utf8, padding: .optional)
        else { return nil }
        self = .hashed(salt: salt, digest: digest)
    }

    fileprivate func match(_ name: String) -> Bool {
        switch self {
        case .patterns(let patterns): return patterns.match(name)
        case .hashed(let salt, let digest):
            return HMAC<Insecure.SHA1>.isValidAuthenticationCode(
                digest, authenticating: Array(name.utf8), using: SymmetricKey(data: salt))
        }
    }
}
