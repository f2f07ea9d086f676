import Age
import Schema
import Vocabulary

extension SecretsContent {
    static let format = 1

    /// The text that is encrypted: YAML that people can read with `age --decrypt`.
    var text: Sensitive<String> {
        var lines = [
            "# The credentials of one environment, for finflowctl. Change them with",
            "# `finflowctl secrets set` or `edit`: versions and the serial have to increase.",
            "format: \(Self.format)",
            "lineage: \(JSON.quoted(lineage))",
            "serial: \(serial)",
            "recipients:" + (recipients.isEmpty ? " []" : ""),
        ]
        lines += recipients.map { "  - \($0)" }
        lines.append("credentials:" + (credentials.isEmpty ? " {}" : ""))
        for credential in credentials {
            lines += [
                "  \(credential.name):",
                "    version: \(credential.version)",
                "    changed: \(JSON.quoted(credential.changed))",
            ]
            if let author = credential.author {
                lines.append("    by: \(JSON.quoted(author))")
            }
            if let mark = credential.mark { lines.append("    mark: \(JSON.quoted(mark))") }
            credential.value.withExposed {
                lines.append("    value:" + YAMLText.scalar($0, indent: 6))
            }
        }
        lines.append("retired:" + (retired.isEmpty ? " {}" : ""))
        lines += retired.sorted { $0.key < $1.key }.map { "  \($0.key): \($0.value)" }
        return Sensitive(lines.joined(separator: "\n") + "\n")
    }

    /// The text, which was read back to be sure that it says the same.
    func checkedText() throws(Diagnostic) -> Sensitive<String> {
        let text = text
        let bytes = text.map { Array($0.utf8) }
        let again = try? SecretsContent(bytes, subject: "")
        let isSame =
            again.map { again in
                again.lineage == lineage && again.serial == serial && again.retired == retired
                    && again.recipients == recipients
                    && again.credentials.count == credentials.count
                    && zip(again.credentials, credentials).allSatisfy { left, right in
                        left.reference == right.reference && left.changed == right.changed
                            && left.author == right.author && left.mark == right.mark
                            && left.value.withExposed { left in
                                right.value.withExposed { left.utf8.elementsEqual($0.utf8) }
                            }
                    }
            } ?? false
        guard isSame else {
            throw Diagnostic(
                .secretsUnreadable, "the credentials would not be read as they were written",
                help: "This is a bug of finflowctl; nothing was changed.")
        }
        return text
    }
}
