public import Hosts
public import Schema
public import Vocabulary

/// A file whose content is a template of the role, filled in.
public struct TemplateResource: Resource, HasValidation {
    var path = ""
    var source = LocalSource()
    var attributes = FileAttributes()
    var validation: String?

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The file that stood there is put back with its owner and mode, from what the host keeps, or the \
        new one removed. A secret comes back with the value that it has now; one that finflowctl did \
        not write is not kept.
        """)

    public static let schema = Schema<TemplateResource>(
        "template",
        summary: "A file whose content is a template of the role, filled in.",
        details: """
            The template lies under the role's `templates/`. Every variable that it names must be \
            defined. Where a secret went into it, the whole text is a secret: plans show that it \
            differs and not how. Else as `file`.
            """,
        fields: [
            .required("source", \.source, .localSource, "The template under `templates/`."),
            .required("path", \.path, .absolutePath, "Where the file is."),
        ] + managedFileFields(secretWhen: "a secret went into it"),
        example: """
            source: chrony.conf
            path: /etc/chrony/chrony.conf
            mode: "0644"
            """)

    public var thing: HostThing? { .path(path) }

    public var follows: [HostThing] { [.path(path.parentPath)] + attributes.follows }

    public func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
        try managed(files).fingerprint
    }

    public func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe] {
        try managed(files).questions(detail)
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        try managed(context.files).plan(context)
    }

    private func managed(_ files: any PlaybookFiles) throws(Diagnostics) -> ManagedFile {
        ManagedFile(
            path,
            content: .text(try files.renderedTemplate(source.name, at: source.place)),
            attributes: attributes, validation: validation)
    }
}
