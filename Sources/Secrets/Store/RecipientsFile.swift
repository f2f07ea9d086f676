import Age
import Vocabulary

/// recipients.txt: a public key a line, comments behind `#`, as `age --recipients-file` reads it.
struct RecipientsFile: Sendable {
    private(set) var text: String
    private(set) var recipients: [Recipient]
    /// Of what was read; `nil` where there was no file.
    let digest: Digest?

    static let heading = """
        # Whose keys open secrets.age: a public key a line, comments behind `#`. Change it with
        # `finflowctl secrets recipients add` and `remove`, which encrypt anew.

        """

    /// - Parameter path: for errors.
    init(_ bytes: [UInt8]?, path: String) throws(Diagnostic) {
        digest = bytes.map { Digest(of: $0) }
        text = bytes.map { String(decoding: $0, as: UTF8.self) } ?? Self.heading
        do throws(AgeError) {
            recipients = []
            for recipient in try Recipient.list(in: text) where !recipients.contains(recipient) {
                recipients.append(recipient)
            }
        } catch .noRecipients {
            recipients = []
        } catch {
            throw error.diagnostic(subject: path)
        }
    }

    mutating func add(_ recipient: Recipient, comment: String?) {
        guard !recipients.contains(recipient) else { return }
        if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
        if let comment { text += "# \(comment)\n" }
        text += "\(recipient)\n"
        recipients.append(recipient)
    }

    mutating func remove(_ recipient: Recipient) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        text = lines.filter { line in
            let words = line.split(whereSeparator: \.isWhitespace)
            return words.first.map { String($0) } != recipient.description
        }.joined(separator: "\n")
        recipients.removeAll { $0 == recipient }
    }
}
