import Schema
public import Vocabulary

/// Somebody else has changed, since it was read, what this change is about. Nothing was written.
public struct SecretsConflict: Error, Sendable {
    public let names: [String]
    public let diagnostic: Diagnostic

    init(_ names: [String], from base: SecretsContent, to present: SecretsContent, path: String) {
        self.names = names
        let what = Self.reasons(names, from: base, to: present)
        diagnostic = Diagnostic(
            .secretsConflict, "\(what.joined(separator: "; ")), while you changed it too",
            subject: path, help: "Nothing of yours was written.")
    }

    /// What became of each.
    static func reasons(
        _ names: [String], from base: SecretsContent, to present: SecretsContent
    ) -> [String] {
        names.map { name in
            guard let credential = present[name] else {
                return "`\(name)` was removed (it was at version \(base[name]?.version ?? 0))"
            }
            let by = credential.author.map { " by \($0.visible)" } ?? ""
            let verb = base[name] == nil ? "made" : "changed to version \(credential.version)"
            return "`\(name)` was \(verb)\(by) at \(credential.changed.visible)"
        }
    }
}
