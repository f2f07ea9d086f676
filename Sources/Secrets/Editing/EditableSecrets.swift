import Schema
public import Vocabulary
import YAML

/// The credentials as somebody edits them: `name: value`, and nothing else to get wrong.
public enum EditableSecrets {
    /// What its places call the text that was edited.
    public static let name = "<edited text>"

    public static func text(
        of content: SecretsContent, environment: String
    ) -> Sensitive<String> {
        var lines = [
            "# The credentials of `\(environment)`, serial \(content.serial): one `name: value` each.",
            "# Versions are counted by themselves. A line that is taken away removes its credential.",
            "# Comments are not kept. Save and leave to write; change nothing to leave all as it is.",
            "",
        ]
        for credential in content.credentials {
            let by = credential.author.map { " by \($0.visible)" } ?? ""
            lines.append(
                "# version \(credential.version), changed \(credential.changed.visible)\(by)")
            credential.value.withExposed {
                lines.append("\(credential.name):" + YAMLText.scalar($0, indent: 2))
            }
        }
        return Sensitive(lines.joined(separator: "\n") + "\n")
    }

    /// What the edited text wants to be different from `content`.
    ///
    /// - Throws: all that is wrong with it, with places in ``name`` and without a word of it.
    public static func change(
        from content: SecretsContent, to text: Sensitive<[UInt8]>
    ) throws(Diagnostics) -> SecretsChange {
        let root: YAMLNode
        do throws(Diagnostics) {
            root = try text.withExposed { (bytes) throws(Diagnostics) in
                try YAMLReader().document(bytes, file: name)
            }
        } catch {
            throw Diagnostics(error.all.map(\.withoutQuotations))
        }
        var wrong = Diagnostics()
        var change = SecretsChange()
        for credential in content.credentials { change.values[credential.name] = .some(nil) }
        switch root.content {
        case .mapping(let entries):
            for entry in entries {
                do throws(Diagnostic) {
                    change.values[entry.key] = try value(of: entry)
                } catch {
                    wrong.add(error)
                }
            }
        case .scalar(let scalar) where scalar.meaning == .null: break
        default:
            wrong.add(
                Diagnostic(
                    .badCredential, "this is no list of credentials", at: root.place,
                    hint: "one `name: value` a line"))
        }
        try wrong.throwIfErrors()
        change.values = change.values.filter { name, _ in
            change.names(changing: content).contains(name)
        }
        return change
    }

    private static func value(
        of entry: YAMLNode.Entry
    ) throws(Diagnostic) -> Sensitive<String> {
        guard Credential.isName(entry.key) else {
            throw Diagnostic(
                .badCredential, "this cannot be the name of a credential", at: entry.keyPlace,
                hint: "lowercase letters, digits and `_`, a letter first")
        }
        let place = entry.value.place
        guard let scalar = entry.value.scalar else {
            throw Diagnostic(
                .badCredential, "the value of `\(entry.key)` is a list or a mapping", at: place,
                hint: "a text in quotes, or a block behind `|`")
        }
        switch scalar.meaning {
        case .text: break
        case .null:
            throw Diagnostic(
                .badCredential, "`\(entry.key)` has no value", at: entry.keyPlace,
                hint: "take the line away to remove the credential")
        case .bool, .int, .double:
            throw Diagnostic(
                .badCredential, "the value of `\(entry.key)` would be a number or a boolean",
                at: place, hint: "put it in quotes")
        }
        let value = Sensitive(scalar.text)
        if let reason = CredentialValue.problem(with: value) {
            throw Diagnostic(
                .badCredential, "the value of `\(entry.key)` \(reason)", at: place)
        }
        return value
    }
}
