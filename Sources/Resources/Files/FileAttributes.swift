import Hosts
import Schema
import TaskGraph
import Vocabulary

/// Owner, group and mode as they are to be; what is `nil` stays as it is.
struct FileAttributes: Hashable, Sendable {
    var mode: FileMode?
    var owner: String?
    var group: String?

    /// What differs from what stands there; all that is wanted where nothing does.
    func changes(from status: PathStatus?) -> [Change] {
        var changes: [Change] = []
        func compare(_ what: String, _ before: String?, _ after: String?, _ isSame: Bool) {
            guard let after, !isSame else { return }
            changes.append(
                Change(status == nil ? .create : .update, what, before: before, after: after))
        }
        compare("mode", status?.mode.description, mode?.description, status?.mode == mode)
        compare("owner", status?.owner.name, owner, owner.map { status?.owner.matches($0) } == true)
        compare("group", status?.group.name, group, group.map { status?.group.matches($0) } == true)
        return changes
    }

    /// The operand of `chown`, where there is something to say.
    var ownership: String? {
        owner == nil && group == nil ? nil : (owner ?? "") + (group.map { ":" + $0 } ?? "")
    }

    /// These attributes with what a new inode takes over from the one that it replaces.
    ///
    /// Root's files need no `chown` to stay root's; another user could not keep them root's.
    func inheriting(from status: PathStatus?, default fallback: FileMode) -> FileAttributes {
        var result = self
        result.mode = mode ?? status?.mode ?? fallback
        if let status {
            let isRoots = status.owner.number == 0 && status.group.number == 0
            if owner != nil || group != nil || !isRoots {
                result.owner = owner ?? String(status.owner.number)
                result.group = group ?? String(status.group.number)
            }
        }
        return result
    }

    /// Changes what stands at `path`, which is no link.
    func script(for path: String) -> ShellScript {
        var lines: [ShellScript] = ["set -e", "[ ! -h \(path) ]"]
        if let ownership { lines.append("chown -- \(ownership) \(path)") }
        // With five digits `chmod` takes set-id bits of directories away as well.
        if let mode { lines.append("chmod -- \("0" + mode.description) \(path)") }
        return lines.joined()
    }

    var fingerprint: String {
        "mode=\(mode?.description ?? "-") owner=\(owner ?? "-") group=\(group ?? "-")"
    }

    /// The accounts come first, where tasks make them.
    var follows: [HostThing] {
        [owner.map(HostThing.user), group.map(HostThing.group)].compactMap(\.self)
    }
}

/// A resource whose schema has `mode`, `owner` and `group`.
protocol HasFileAttributes: SchemaModel {
    var attributes: FileAttributes { get set }
}

extension HasFileAttributes {
    static func attributeFields(mode: String) -> [Field<Self>] {
        [
            .optional("mode", \.attributes.mode, .fileMode, mode),
            .optional(
                "owner", \.attributes.owner, .account,
                "The user who owns it; otherwise as it is, root when it is new."),
            .optional(
                "group", \.attributes.group, .account,
                "The group that owns it; otherwise as it is, root when it is new."),
        ]
    }
}

/// A resource whose content a command may judge before it is put in place.
protocol HasValidation: HasFileAttributes {
    var validation: String? { get set }
}

extension HasValidation {
    static var validationField: Field<Self> {
        .optional(
            "validate", \.validation, .validation,
            """
            A command that must end with status 0 before the file is put in place; `%s` is the \
            new file's name.
            """)
    }

    /// Of a file that is ours as a whole.
    static func managedFileFields(secretWhen condition: String) -> [Field<Self>] {
        attributeFields(
            mode: """
                Its permissions; otherwise as they are, 0644 when it is new, and always 0600 \
                when \(condition).
                """) + [validationField]
    }
}
