import Hosts
import Schema
import TaskGraph
import Vocabulary

/// A regular file as it is to be: what `file` and `template` have in common.
struct ManagedFile: Sendable {
    var path: String
    /// `nil`: whatever it holds; a new one is empty.
    var content: FileContent?
    var attributes: FileAttributes
    var validation: String?

    init(
        _ path: String, content: FileContent?, attributes: FileAttributes, validation: String?
    ) {
        self.path = path
        self.content = content
        self.attributes = attributes
        self.validation = validation
        // A secret is for its owner alone unless the playbook says for whom else.
        if content?.isSensitive == true, attributes.mode == nil { self.attributes.mode = 0o600 }
    }

    var fingerprint: String {
        "present \(attributes.fingerprint) content=\(content?.sha256 ?? "-")"
    }

    func questions(_ detail: PlanDetail) -> [any Probe] {
        var questions: [any Probe] = [PathProbe(path), PathProbe(path.parentPath)]
        guard let content else { return questions }
        if content.size > 0 { questions.append(DigestProbe(path, expectedSize: content.size)) }
        if detail == .contents, !content.isSensitive { questions.append(presentText) }
        return questions
    }

    private var presentText: TextProbe { TextProbe(path, limit: FileContent.longestShown) }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        let status = try context.status(of: path)
        switch status?.kind {
        case .file:
            break
        case nil, .symlink:
            try context.demandParent(of: path)
        case .directory, .other:
            throw context.wrongKind(path, status?.kind ?? .other, wanted: "a file")
        }
        let present = status?.kind == .file ? status : nil
        let difference = try difference(from: present, context)
        let attributeChanges = attributes.changes(from: present)
        let aspects = aspects(of: present, context)
        guard difference != nil || !attributeChanges.isEmpty else {
            return .unchanged.with(aspects)
        }
        let becomesSecret = content?.isSecret == true
        let prior = try context.prior(
            of: Endangered(
                path: path, status: status, sha256: difference?.found,
                becomesSecret: becomesSecret, isRewritten: difference != nil))
        guard let difference else {
            return ResourcePlan(
                changes: attributeChanges, action: attributesAction,
                undo: [prior.step(leaving: .file(path, sha256: nil, attributes))]
            ).with(aspects)
        }
        let content = content ?? .text(SecretText(""))
        let contentChange = try ContentChange.change(
            from: present.map { ($0, try presentBytes(context), difference.found) }, to: content,
            mayShowOld: !prior.hasRecord, detail: context.detail)
        let replacement = FileReplacement(
            path: path, content: content,
            attributes: attributes.inheriting(from: present, default: 0o644),
            validation: validation, prior: prior, stateDirectory: context.stateDirectory)
        return ResourcePlan(
            changes: linkChanges(from: status) + [contentChange] + attributeChanges,
            action: try replacement.action(),
            undo: [prior.step(leaving: replacement.left)]
        ).with(aspects)
    }

    private func linkChanges(from status: PathStatus?) -> [Change] {
        guard let status, status.kind == .symlink else { return [] }
        let target = (status.linkTarget ?? "").visible
        return [Change(.update, "type", before: "a link to \(target)", after: "a file")]
    }

    private func aspects(of present: PathStatus?, _ context: PlanContext) -> [Aspect] {
        let ofInode = attributes.aspects(of: present)
        guard let content else { return ofInode }
        return ofInode + [
            Aspect(
                "size", wanted: "\(content.size)", found: present.map { "\($0.size)" } ?? "none"),
            Aspect("content", wanted: content.sha256, found: digest(of: present, context)),
        ]
    }

    /// As far as it was asked for: a file of another size is not read for its digest.
    private func digest(of present: PathStatus?, _ context: PlanContext) -> String? {
        guard let present, let content else { return "none" }
        let probe = DigestProbe(path, expectedSize: content.size)
        if present.size == content.size, content.size > 0 {
            if case .sha256(let found)? = try? context.answers.answer(probe) { return found }
            return nil
        }
        if present.size == 0 { return sha256Text([]) }
        guard context.detail == .contents, !content.isSensitive,
            case .content(let bytes)? = try? context.answers.answer(presentText)
        else { return nil }
        return sha256Text(bytes)
    }

    private var attributesAction: Action {
        Action(
            script: attributes.script(for: path), finish: FileFailure(path: path).finish)
    }

    /// That the present content is not the wanted one.
    private struct Difference {
        /// The digest of the present content, where it had to be asked for.
        var found: String?
    }

    private func difference(
        from present: PathStatus?, _ context: PlanContext
    ) throws -> Difference? {
        guard let present else { return Difference() }
        guard let content else { return nil }
        guard present.size == content.size else { return Difference() }
        if content.size == 0 { return nil }
        guard
            case .sha256(let found) = try context.answers.answer(
                DigestProbe(path, expectedSize: content.size))
        else {
            throw context.problem(
                .unreadablePath, "`\(path.visible)` cannot be read: permission denied",
                help: "With `become: true` the task runs as root.")
        }
        return found == content.sha256 ? nil : Difference(found: found)
    }

    /// As far as it was asked for.
    private func presentBytes(_ context: PlanContext) throws -> [UInt8]? {
        guard context.detail == .contents, content?.isSensitive == false,
            case .content(let bytes) = try context.answers.answer(presentText)
        else { return nil }
        return bytes
    }
}
