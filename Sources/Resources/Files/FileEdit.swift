import Hosts
import Schema
import TaskGraph
import Vocabulary

/// An edit of a text file by its lines: what `line` and `block` have in common.
///
/// The edit is worked out on the controller and the file replaced as a whole, if it still is
/// what was edited. Where it is not (another task edits the same file, or a person), nothing
/// is done and the task is planned again (``ActionError/isStale``).
struct FileEdit: Sendable {
    var path = ""
    /// Whether a missing file is made.
    var create = false
    var attributes = FileAttributes()
    var validation: String?

    var follows: [HostThing] { [.path(path), .path(path.parentPath)] + attributes.follows }

    var questions: [any Probe] { [PathProbe(path), PathProbe(path.parentPath), TextProbe(path)] }

    /// - Parameters:
    ///   - isRemoval: whether nothing is to be done where there is no file.
    ///   - holdsSecret: whether the playbook puts a secret into it.
    ///   - part: what it puts in, by the names of its credentials; `nil` where that cannot be
    ///     said.
    ///   - edit: changes the text and tells what it changed; whether old lines may be shown
    ///     is said to it.
    func plan(
        _ context: PlanContext, isRemoval: Bool, holdsSecret: Bool, part: SecretEditResource?,
        _ edit: (inout EditableText, _ mayShowOld: Bool) throws -> [Change]
    ) throws -> ResourcePlan {
        let status = try context.status(of: path)
        if status == nil, isRemoval { return .unchanged }
        let old = try content(status, context)
        let isPrivate = status?.mode.isPrivate == true
        var text = EditableText(old)
        var edits = try edit(&text, !isPrivate)
        let attributeChanges = attributes.changes(from: status)
        guard !edits.isEmpty || !attributeChanges.isEmpty else { return .unchanged }
        let new = text.bytes
        let isRewritten = new != old || status == nil
        let digest = status == nil ? nil : sha256Text(old)
        let prior = try context.prior(
            of: Endangered(
                path: path, status: status, sha256: digest, becomesSecret: holdsSecret,
                isRewritten: isRewritten))
        if prior.hasRecord {
            text = EditableText(old)
            edits = try edit(&text, false)
        }
        let changes = edits + attributeChanges
        guard isRewritten else {
            return ResourcePlan(
                changes: changes,
                action: Action(
                    script: attributes.script(for: path), finish: FileFailure(path: path).finish),
                undo: [prior.step(leaving: .file(path, sha256: nil, attributes))])
        }
        let replacement = FileReplacement(
            path: path, content: .unshown(new),
            attributes: attributes.inheriting(from: status, default: 0o644),
            validation: validation, basis: digest.map { .sha256($0) } ?? .missing,
            holdsSecret: holdsSecret || isPrivate || prior.hasRecord, prior: prior,
            // What is edited in a file with a secret leaves the secret in it.
            becomesSecret: holdsSecret || prior.hasRecord, stateDirectory: context.stateDirectory)
        return ResourcePlan(
            changes: changes, action: try replacement.action(),
            undo: undo(of: edits, part, prior, replacement.left, status))
    }

    /// The whole file as it was. Where that may not be kept, since it holds a secret, what was put
    /// in can be taken out; what it replaced may have been one.
    private func undo(
        of edits: [Change], _ part: SecretEditResource?, _ prior: Prior, _ left: PathState,
        _ status: PathStatus?
    ) -> [UndoStep] {
        let whole = prior.step(leaving: left)
        guard let status, status.kind == .file, prior.state.kind == .lost else { return [whole] }
        guard edits.allSatisfy({ $0.kind == .create }) else {
            let lost = PathState.lost(
                path, "what was changed in it may have held a secret, and was not kept")
            return [UndoStep(left: left.spec, before: lost.spec)]
        }
        guard let part else {
            let lost = PathState.lost(path, "what was put into it holds a secret without a name")
            return [UndoStep(left: left.spec, before: lost.spec)]
        }
        guard !attributes.changes(from: status).isEmpty else {
            return edits.isEmpty ? [whole] : [part.step]
        }
        let then = PathState.file(path, sha256: nil, FileAttributes(of: status))
        let step = UndoStep(
            left: PathState.file(path, sha256: nil, attributes).spec, before: then.spec)
        return [step] + (edits.isEmpty ? [] : [part.step])
    }

    /// The present content; none of a file that is made, or may be by a change before this one.
    private func content(_ status: PathStatus?, _ context: PlanContext) throws -> [UInt8] {
        switch status?.kind {
        case .file: break
        case nil where create:
            try context.demandParent(of: path)
            return []
        case nil where context.followsPendingChanges:
            return []
        case nil:
            throw context.problem(
                .missingFile, "there is no file `\(path.visible)` to edit",
                help: "With `create: true` it is made.")
        case .symlink:
            throw context.problem(
                .wrongKindOfPath,
                "`\(path.visible)` is a link to \((status?.linkTarget ?? "").visible)",
                help: "Edit the file that it leads to, under its own path.")
        case let kind?:
            throw context.wrongKind(path, kind, wanted: "a file")
        }
        switch try context.answers.answer(TextProbe(path)) {
        case .content(let bytes) where !bytes.contains(0):
            return bytes
        case .content:
            throw context.problem(
                .uneditableFile, "`\(path.visible)` is not a text: it has NUL bytes")
        case .tooLong:
            throw context.problem(
                .uneditableFile, "`\(path.visible)` is too long to be edited by lines")
        case .unreadable:
            throw context.problem(
                .unreadablePath, "`\(path.visible)` cannot be read: permission denied")
        case .missing, .notRegular:
            throw context.problem(
                .missingFile, "`\(path.visible)` went away while it was looked at")
        }
    }
}

/// A resource that edits a file: the keys that all of them have.
protocol EditsFile: HasValidation {
    var edit: FileEdit { get set }
    var place: LinePlace { get set }
}

extension EditsFile {
    var attributes: FileAttributes {
        get { edit.attributes }
        set { edit.attributes = newValue }
    }

    var validation: String? {
        get { edit.validation }
        set { edit.validation = newValue }
    }

    static var editFields: [Field<Self>] {
        [
            .optional(
                "after", \.place.after, .linePattern,
                "Where it is new: behind the last line that this is found in; else at the end."),
            .optional(
                "before", \.place.before, .linePattern,
                "Where it is new: in front of the first line that this is found in."),
            .optional(
                "create", \.edit.create, .boolean, default: "false",
                "Whether a missing file is made."),
        ] + attributeFields(mode: "Permissions of the file; otherwise as they are.")
            + [validationField]
    }

    func placeProblems(at place: SourcePlace) -> [Diagnostic] {
        self.place.after != nil && self.place.before != nil
            ? [Diagnostic(.conflictingKeys, "`after` and `before` exclude each other", at: place)]
            : []
    }
}
