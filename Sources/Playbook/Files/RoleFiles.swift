import Resources
import Schema
import Synchronization
import Template
import Vocabulary

/// The files of a role as one of its tasks sees them.
struct RoleFiles: PlaybookFiles {
    /// The role's directory.
    let directory: String
    /// As ``HostNodes/stateDirectory``.
    let stateDirectory: String
    let cache: FileCache
    let variables: Variables
    /// While a playbook is checked: notes what is used, and does not read giants.
    var check: FileUse?

    /// A file above this is not read before its digest is needed.
    private static let giant = 8 << 20

    func renderedTemplate(
        _ source: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        let parsed = try template(source, at: place)
        check?.note(parsed.uses)
        try variables.check(parsed.uses)
        let value = try parsed.template.renderText(in: variables.scope)
        if let reason = value.unknownReason {
            throw Diagnostics(
                Diagnostic(
                    .knownOnlyLater, "the template `\(source)` cannot be filled in yet: \(reason)",
                    at: place))
        }
        if let text = value.string { return SecretText(text) }
        let text = value.sensitiveString ?? Sensitive("")
        guard let trail = variables.trail else { return SecretText(text) }
        let traced = trail.traced(value, parsed.uses, at: place) { scope throws(Diagnostics) in
            try parsed.template.renderText(in: scope)
        }
        return SecretText(text, from: traced.origin)
    }

    /// A template of the role as it is written.
    func template(_ source: String, at place: SourcePlace) throws(Diagnostics) -> ParsedTemplate {
        let path = try located(source, in: "templates", at: place)
        return try cache.template(
            in: path, named: "\(directory)/templates/\(source)", at: place)
    }

    func digest(of source: String, at place: SourcePlace) throws(Diagnostics) -> FileDigest {
        let path = try located(source, in: "files", at: place)
        do {
            if check != nil {
                let identity = try OpenFile(path).identity
                if identity.size > Self.giant {
                    return FileDigest(sha256: "unread \(identity)", size: identity.size)
                }
            }
            return try cache.digest(of: path)
        } catch {
            throw unreadable(source, error, in: "files", at: place)
        }
    }

    func path(of source: String, at place: SourcePlace) throws(Diagnostics) -> String {
        try located(source, in: "files", at: place)
    }

    /// The absolute path of a source, which lies in the role's directory whatever links there are.
    private func located(
        _ source: String, in folder: String, at place: SourcePlace
    ) throws(Diagnostics) -> String {
        let parts = source.split(separator: "/", omittingEmptySubsequences: false)
        guard !source.hasPrefix("/"), !parts.contains(".."), !source.isEmpty else {
            throw Diagnostics(
                Diagnostic(
                    .pathLeavesRole, "`\(source.visible)` leads out of the role", at: place,
                    hint: "a path below the role's \(folder)/"))
        }
        let root: String
        let path: String
        do throws(LocalFile.Failure) {
            root = try cache.resolved(directory)
            path = try cache.resolved("\(directory)/\(folder)/\(source)")
        } catch {
            throw unreadable(source, error, in: folder, at: place)
        }
        guard path.hasPrefix(root + "/") else {
            throw Diagnostics(
                Diagnostic(
                    .pathLeavesRole, "`\(source.visible)` is a link that leads out of the role",
                    at: place))
        }
        return path
    }

    private func unreadable(
        _ source: String, _ failure: LocalFile.Failure, in folder: String, at place: SourcePlace
    ) -> Diagnostics {
        let names = LocalFile.names(in: "\(directory)/\(folder)")
        return Diagnostics(
            Diagnostic(
                .missingPlaybookFile,
                "\(directory.visible)/\(folder)/\(source.visible) cannot be read: \(failure.reason)",
                at: place,
                hint: nearestName(to: source, among: names).map { "did you mean `\($0)`?" }))
    }
}

/// Which variables the templates used while something was checked.
final class FileUse: Sendable {
    private let uses = Mutex(VariableUses())

    func note(_ more: VariableUses) { uses.withLock { $0.formUnion(more) } }

    var all: VariableUses { uses.withLock { $0 } }
}
