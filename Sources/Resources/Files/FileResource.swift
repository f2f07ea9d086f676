public import Hosts
public import Schema
public import Vocabulary

/// A regular file with this content, owner and mode, or none.
public struct FileResource: Resource, HasValidation {
    enum State: String, CaseIterable {
        case present, absent
    }

    var path = ""
    var state = State.present
    var content: SecretText?
    var source: LocalSource?
    var attributes = FileAttributes()
    var validation: String?

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The file that stood there is put back with its owner and mode, from what the host keeps, or the \
        new one removed. A secret comes back with the value that it has now; one that finflowctl did \
        not write is not kept.
        """)

    public static let schema = Schema<FileResource>(
        "file",
        summary: "A regular file with this content, owner and mode, or none.",
        details: """
            The content is written in the playbook or taken from the role's `files/`, unchanged \
            and of any kind and size; for a text with variables there is `template`. With neither, \
            a missing file is made empty and what an existing one holds is left alone.

            A file is replaced as a whole or not at all: a new one is written beside it, judged \
            by `validate`, flushed to disk and renamed. What a link at the path points to is left \
            alone; the link itself is replaced. A directory never is.
            """,
        fields: [
            .required("path", \.path, .absolutePath, "Where it is."),
            .optional(
                "state", \.state, .word(), default: "present", "Whether there is to be one."),
            .optional(
                "content", \.content, .secretText,
                "What it holds. A secret is never shown, and nor is the file's old content."),
            .optional(
                "source", \.source, .localSource,
                "The file under the role's `files/` that it is a copy of."),
        ] + managedFileFields(secretWhen: "the content is a secret"),
        example: """
            path: /etc/sudoers.d/ops
            content: |
              %ops ALL=(ALL) NOPASSWD: ALL
            mode: "0440"
            owner: root
            group: root
            validate: visudo -cf %s
            """,
        check: problems)

    private static func problems(_ model: FileResource, at place: SourcePlace) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        if model.content != nil, model.source != nil {
            problems.append(
                Diagnostic(
                    .conflictingKeys, "`content` and `source` exclude each other", at: place))
        }
        let describesFile =
            model.content != nil || model.source != nil || model.validation != nil
            || model.attributes != FileAttributes()
        if model.state == .absent, describesFile {
            problems.append(
                Diagnostic(
                    .conflictingKeys, "a file that is `absent` has no content, owner or mode",
                    at: place))
        }
        return problems
    }

    public var thing: HostThing? { .path(path) }

    /// With nothing said of the content, that is left to others.
    public var replaces: String? {
        state == .present && content == nil && source == nil ? nil : path
    }

    public var follows: [HostThing] { [.path(path.parentPath)] + attributes.follows }

    public func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
        state == .absent ? "absent" : try managed(files).fingerprint
    }

    public func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe] {
        state == .absent ? removal.questions : try managed(files).questions(detail)
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        state == .absent
            ? try removal.plan(context) : try managed(context.files).plan(context)
    }

    private var removal: FileRemoval {
        FileRemoval(path: path, kinds: [.file, .symlink, .other])
    }

    private func managed(_ files: any PlaybookFiles) throws(Diagnostics) -> ManagedFile {
        var content = content.map(FileContent.text)
        if let source {
            content = .local(
                path: try files.path(of: source.name, at: source.place),
                digest: try files.digest(of: source.name, at: source.place))
        }
        return ManagedFile(
            path, content: content, attributes: attributes, validation: validation)
    }
}
