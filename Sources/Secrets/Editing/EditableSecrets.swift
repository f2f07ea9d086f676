import Schema
public import Vocabulary
import YAML

/// The credentials as somebody edits them: `name: value`, and nothing else to get wrong.
public enum EditableSecrets {
    /// What its places call the text that was edited.
    public static let name = "<edited text>"

    /// Something that whoever edits has to see: a comment.
    struct Note {
        var message: String
        /// What others made of the credential that it is about.
        var theirs: Credential?

        init(_ message: String, theirs: Credential?) {
            self.message = message
            self.theirs = theirs
        }
    }

    public static func text(
        of content: SecretsContent, environment: String
    ) -> Sensitive<String> {
        text(of: content, environment: environment, changed: SecretsChange(), notes: [])
    }

    /// - Parameter changed: what the text is to have different from `content`.
    static func text(
        of content: SecretsContent, environment: String, changed: SecretsChange, notes: [Note]
    ) -> Sensitive<String> {
        var lines = [
            "# The credentials of `\(environment)`, serial \(content.serial): one `name: value` each.",
            "# Versions are counted by themselves. A line that is taken away removes its credential.",
            "# Comments are not kept. Save and leave to write; change nothing to leave all as it is.",
            "",
        ]
        for note in notes {
            lines.append("# \(note.message)")
            note.theirs?.value.withExposed { value in
                lines.append("#   theirs: \(JSON.quoted(value))")
            }
        }
        if !notes.isEmpty { lines.append("") }
        let yours = Set(changed.names(changing: content))
        for name in yours.union(content.credentials.map(\.name)).sorted() {
            let credential = content[name]
            guard let value = yours.contains(name) ? changed.values[name] ?? nil : credential?.value
            else { continue }
            let by = credential?.author.map { " by \($0.visible)" } ?? ""
            let changed = credential.map { ", changed \($0.changed.visible)\(by)" } ?? ""
            lines.append(
                yours.contains(name)
                    ? "# yours, not saved yet"
                    : "# version \(credential?.version ?? 0)\(changed)")
            value.withExposed { lines.append("\(name):" + YAMLText.scalar($0, indent: 2)) }
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
