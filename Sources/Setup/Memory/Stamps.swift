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
enum Stamps {
    static func path(handler: TaskID, notifier: TaskID) -> String {
        "stamps/\(handler.fileName)/\(notifier.fileName)"
    }

    /// Removes stamps; goes before the script of a change that notifies.
    static func forgetting(_ paths: [String], in directory: String) -> ShellScript {
        guard !paths.isEmpty else { return "" }
        // Where they cannot be removed nothing may be changed.
        return "rm -f -- \(paths.map { "\(directory)/\($0)" }) || exit\n"
    }

    /// Writes stamps; goes behind the script of a handler.
    static func writing(
        _ stamps: [(path: String, digest: String)], in directory: String
    ) -> ShellScript {
        var script: ShellScript = "umask 077; cd -- \(directory) || exit\n"
        for stamp in stamps {
            let parent = stamp.path.split(separator: "/").dropLast().joined(separator: "/")
            script += """
                mkdir -p -- \(parent) && printf '%s\\n' \(stamp.digest) >\(parent)/.new && mv -f -- \(parent)/.new \(stamp.path) || exit

                """
        }
        return script
    }
}

extension TaskID {
    /// The id as the name of a file: what is not a letter, a digit, `.`, `_` or `-` as `%XX`.
    /// Of a name that is longer than a file's may be the end is a hash.
    var fileName: String {
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
