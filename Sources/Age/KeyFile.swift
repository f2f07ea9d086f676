public import Vocabulary

extension Identity {
    /// The identities of a file as `age-keygen` writes it: one on a line, comments behind `#`.
    ///
    /// - Throws: an error that says nothing of the text but the line's number.
    public static func list(in file: Sensitive<String>) throws(AgeError) -> [Identity] {
        let identities = try file.withExposed { (text) throws(AgeError) -> [Identity] in
            try KeyFile.lines(of: text).map { (number, line) throws(AgeError) in
                if let reason = foreignFile(line) {
                    throw .identityUnusable(reason: reason, line: number)
                }
                do throws(AgeError) {
                    return try Identity(Sensitive(line))
                } catch {
                    throw error.onLine(number)
                }
            }
        }
        guard !identities.isEmpty else {
            throw .identityUnusable(reason: "the file holds no key", line: nil)
        }
        return identities
    }

    private static func foreignFile(_ line: String) -> String? {
        if line.hasPrefix(ArmorWriter.begin) || line.hasPrefix(Header.versionPrefix) {
            return "the file is itself encrypted with age; decrypt it first"
        }
        return line.hasPrefix("-----BEGIN ")
            ? "this is a key of another kind; only X25519 keys can be used here" : nil
    }
}

extension Recipient {
    /// The recipients of a file as `age --recipients-file` reads it: one on a line, comments
    /// behind `#`.
    public static func list(in file: String) throws(AgeError) -> [Recipient] {
        let recipients = try KeyFile.lines(of: file).map { (number, line) throws(AgeError) in
            do throws(AgeError) {
                return try Recipient(line)
            } catch {
                throw error.onLine(number)
            }
        }
        guard !recipients.isEmpty else { throw .noRecipients }
        return recipients
    }
}

enum KeyFile {
    /// What holds a key, with the numbers of the lines.
    static func lines(of text: String) -> [(number: Int, line: String)] {
        text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated().compactMap { index, bytes in
                let end = bytes.lastIndex { !$0.isWhiteSpace }
                guard let end else { return nil }
                let line = String(bytes[...end].drop(while: \.isWhiteSpace)) ?? ""
                return line.hasPrefix("#") ? nil : (index + 1, line)
            }
    }
}

extension AgeError {
    /// The same of a key that stands in a file.
    fileprivate func onLine(_ number: Int) -> AgeError {
        switch self {
        case .identityUnusable(let reason, _): .identityUnusable(reason: reason, line: number)
        case .recipientUnusable(let text, let reason, _):
            .recipientUnusable(text, reason: reason, line: number)
        default: self
        }
    }
}
