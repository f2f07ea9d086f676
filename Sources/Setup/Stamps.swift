import Crypto
import Hosts
import TaskGraph
import Vocabulary

/// What a host remembers of its handlers: for each handler and each task that notifies it, the
/// desired state that the handler last took in.
///
/// A handler is due as long as a stamp differs from what its notifier wants now. A notifier's
/// script removes the stamp before it changes anything, and the handler writes it after it
/// succeeded; so a run that dies in between leaves a stamp that differs, and the next run
/// restarts. There is no list of notifications to lose.
///
/// A stamp is an HMAC-SHA-256 under a random key of the host's own: what it was made from may
/// contain a secret that could be guessed from a bare hash.
struct Stamps: Sendable {
    /// Hexadecimal; `nil` on a host that was never changed.
    var key: Sensitive<String>?
    /// By relative path (``path(handler:notifier:)``).
    var digests: [String: String]

    static func path(handler: TaskID, notifier: TaskID) -> String {
        "stamps/\(handler.fileName)/\(notifier.fileName)"
    }

    static func digest(of fingerprint: String, key: Sensitive<String>) -> String {
        key.withExposed { key in
            HMAC<SHA256>.authenticationCode(
                for: Array(fingerprint.utf8), using: SymmetricKey(data: Array(key.utf8))
            ).hexadecimal
        }
    }

    static func newKey() -> Sensitive<String> {
        Sensitive(SymmetricKey(size: .bits256).withUnsafeBytes { $0.hexadecimal })
    }

    /// Removes stamps; goes before the script of a change that notifies.
    static func forgetting(_ paths: [String], in directory: String) -> ShellScript {
        guard !paths.isEmpty else { return "" }
        // Where they cannot be removed nothing may be changed.
        return "rm -f -- \(paths.map { "\(directory)/\($0)" }) || exit\n"
    }

    /// Writes stamps; goes behind the script of a handler. The key is put in place by `ln`,
    /// which does not replace: of two runs that both found none, one wins, and the other's
    /// stamps only cause one more restart.
    static func writing(
        _ stamps: [(path: String, digest: String)], key: Sensitive<String>, isNewKey: Bool,
        in directory: String
    ) -> ShellScript {
        var script: ShellScript = "umask 077; cd -- \(directory) || exit\n"
        if isNewKey {
            script += """
                printf '%s\\n' \(key) >key.$$ && sync key.$$ && { ln key.$$ key 2>/dev/null; rm -f key.$$; }

                """
        }
        for stamp in stamps {
            let parent = stamp.path.split(separator: "/").dropLast().joined(separator: "/")
            script += """
                mkdir -p -- \(parent) && printf '%s\\n' \(stamp.digest) >\(parent)/.new && mv -f -- \(parent)/.new \(stamp.path) || exit

                """
        }
        return script
    }
}

/// All stamps of a host, in one question.
struct StampProbe: Probe {
    /// `/var/lib/finflow`
    var directory: String

    static func script(for questions: [StampProbe]) -> ShellScript {
        questions.map { question in
            """
            printf 'in %s\\n' \(question.directory)
            if cd -- \(question.directory) 2>/dev/null; then
                if [ -f key ] && read -r line <key; then printf 'key %s\\n' "$line"; fi
                for stamp in stamps/*/*; do
                    if [ -f "$stamp" ] && read -r line <"$stamp"; then printf '%s %s\\n' "$stamp" "$line"; fi
                done
                cd /
            fi
            """
        }.joined()
    }

    static func answers(
        to questions: [StampProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [StampProbe: Stamps] {
        var result: [StampProbe: Stamps] = [:]
        var current: StampProbe?
        for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
            guard let space = line.firstIndex(of: " ") else {
                throw ProbeError("cannot read the stamp `\(line.visible)`")
            }
            let name = String(line[..<space])
            let value = String(line[line.index(after: space)...])
            if name == "in" {
                let question = StampProbe(directory: value)
                current = question
                result[question] = Stamps(key: nil, digests: [:])
            } else if let current {
                if name == "key" {
                    result[current]?.key = Sensitive(value)
                } else {
                    result[current]?.digests[name] = value
                }
            }
        }
        return result
    }
}

extension TaskID {
    /// The id as the name of a file: what is not a letter, a digit, `.`, `_` or `-` as `%XX`.
    /// Of a name that is longer than a file's may be the end is a hash.
    fileprivate var fileName: String {
        let name = escaped
        guard name.utf8.count > 200 else { return name }
        let hash = SHA256.hash(data: Array(name.utf8)).hexadecimal.prefix(32)
        return "\(name.prefix(160))%\(hash)"
    }

    private var escaped: String {
        var name = ""
        for byte in rawValue.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ".") where !name.isEmpty:
                name += "."
            default:
                name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return name
    }
}

extension Sequence<UInt8> {
    fileprivate var hexadecimal: String {
        map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
