import Age
import Schema
import Vocabulary
import YAML

extension SecretsContent {
    /// - Parameters:
    ///   - bytes: as decrypted.
    ///   - subject: the file, for errors.
    /// - Throws: all that is wrong with it, by line and column and without any of its text.
    init(_ bytes: Sensitive<[UInt8]>, subject: String) throws(Diagnostics) {
        var reader = Reader(subject: subject)
        do throws(Diagnostics) {
            let root = try bytes.withExposed { (bytes) throws(Diagnostics) in
                try YAMLReader().document(bytes, file: subject)
            }
            self = try reader.content(root)
        } catch {
            throw Diagnostics(error.all.map { $0.withoutText(of: subject) })
        }
    }
}

/// Reads what is inside of `secrets.age`, as this or a later finflowctl wrote it or a person did.
private struct Reader {
    let subject: String
    private var wrong = Diagnostics()

    init(subject: String) {
        self.subject = subject
    }

    mutating func content(_ root: YAMLNode) throws(Diagnostics) -> SecretsContent {
        guard root.mapping != nil else {
            throw Diagnostics([problem("a mapping with `format`, `serial` is needed", root)])
        }
        let format = positive(root["format"], "format", in: root)
        if format > SecretsContent.format {
            throw Diagnostics([
                problem("its format \(format) is of a later finflowctl", root["format"] ?? root)
            ])
        }
        var content = SecretsContent(
            lineage: text(root["lineage"], "lineage", in: root),
            serial: positive(root["serial"], "serial", in: root), recipients: [], credentials: [],
            retired: [:])
        for node in root["recipients"]?.sequence ?? [] {
            do throws(AgeError) {
                content.recipients.append(try Recipient(node.scalar?.text ?? ""))
            } catch {
                add("a recipient is no public key", node)
            }
        }
        for entry in root["credentials"]?.mapping ?? [] {
            if let credential = credential(entry) { content.credentials.append(credential) }
        }
        content.credentials.sort { $0.name < $1.name }
        for entry in root["retired"]?.mapping ?? [] {
            content.retired[entry.key] = positive(entry.value, "the version", in: entry.value)
        }
        try wrong.throwIfErrors()
        return content
    }

    private mutating func credential(_ entry: YAMLNode.Entry) -> Credential? {
        guard Credential.isName(entry.key) else {
            wrong.add(
                Diagnostic(.secretsUnreadable, "a name is none of a credential", at: entry.keyPlace)
            )
            return nil
        }
        let node = entry.value
        let value = Sensitive(text(node["value"], "value", in: node))
        if let reason = CredentialValue.problem(with: value) {
            add("the value of `\(entry.key)` \(reason)", node)
        }
        return Credential(
            entry.key, version: positive(node["version"], "version", in: node),
            changed: text(node["changed"], "changed", in: node),
            author: node["by"]?.scalar?.text, mark: node["mark"]?.scalar?.text, value: value)
    }

    private mutating func positive(_ node: YAMLNode?, _ what: String, in owner: YAMLNode) -> Int {
        if case .int(let number)? = node?.scalar?.meaning, number > 0 { return number }
        add("`\(what)` has to be a number from 1 on", node ?? owner)
        return 1
    }

    private mutating func text(_ node: YAMLNode?, _ what: String, in owner: YAMLNode) -> String {
        if let scalar = node?.scalar, scalar.meaning == .text { return scalar.text }
        add("`\(what)` has to be a text", node ?? owner)
        return ""
    }

    private mutating func add(_ message: String, _ node: YAMLNode) {
        wrong.add(problem(message, node))
    }

    private func problem(_ message: String, _ node: YAMLNode) -> Diagnostic {
        Diagnostic(.secretsUnreadable, message, at: node.place)
    }
}

extension Diagnostic {
    /// The same with the place in words, and without what the reader quotes of the text: it
    /// may be a secret, and so may the line that would be printed with the place.
    fileprivate func withoutText(of subject: String) -> Diagnostic {
        var result = withoutQuotations
        if let place {
            result.message = "line \(place.line), column \(place.column): \(result.message)"
        }
        result.place = nil
        result.related = []
        result.subject = subject
        return result
    }

    /// The same without anything that was quoted from a text. Names in our own words stay.
    var withoutQuotations: Diagnostic {
        guard code != .secretsUnreadable, code != .badCredential else { return self }
        var result = self
        result.message = message.withoutQuotations
        result.hint = hint?.withoutQuotations
        result.help = help?.withoutQuotations
        result.related = related.map { .init($0.message.withoutQuotations, at: $0.place) }
        return result
    }
}

extension String {
    /// With `…` for what stands in quotes of either kind and has a letter or a digit in it.
    fileprivate var withoutQuotations: String {
        ["`", "\""].reduce(self) { text, quote in
            let parts = text.components(between: quote)
            // Of an odd number of quotes one was in the text: nothing can be told apart.
            guard parts.count % 2 == 1 else { return "something is wrong here" }
            return parts.enumerated().map { index, part in
                index % 2 == 1 && part.contains(where: { $0.isLetter || $0.isNumber }) ? "…" : part
            }.joined(separator: quote)
        }
    }

    private func components(between quote: String) -> [String] {
        split(separator: quote, omittingEmptySubsequences: false).map(String.init)
    }
}
