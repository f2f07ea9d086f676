import Vocabulary

/// A line of `authorized_keys` (sshd(8)): options, type, key, comment.
struct PublicKey: Hashable, Sendable {
    /// `ssh-ed25519 AAAA…`: what makes it this key and no other.
    var identity: String
    var options: String
    var comment: String

    var line: String {
        [options, identity, comment].filter { !$0.isEmpty }.joined(separator: " ")
    }

    static let types: Set<String> = [
        "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
    ]

    /// `nil` for a comment, an empty line, and what is no key.
    init?(_ line: String) {
        guard line.trimmed.first != "#" else { return nil }
        let words = Self.words(of: line)
        guard let type = words.firstIndex(where: { Self.types.contains($0) }), type <= 1,
            words.count > type + 1, words[type + 1].hasPrefix("AAAA")
        else { return nil }
        identity = "\(words[type]) \(words[type + 1])"
        options = type == 1 ? words[0] : ""
        comment = words.dropFirst(type + 2).joined(separator: " ")
    }

    /// Options may hold spaces within quotation marks.
    private static func words(of line: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in line {
            if character == "\"" { isQuoted.toggle() }
            if !isQuoted, character == " " || character == "\t" {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }
}
