import Hosts
import Schema
import TaskGraph
import Vocabulary

/// A regular file that is put back, from what the host has kept of it.
struct PriorFile {
    let state: PathState
    let status: PathStatus?
    let context: PlanContext

    func plan() throws -> ResourcePlan {
        switch status?.kind {
        case nil, .file, .symlink: break
        case let kind?: throw context.wrongKind(state.path, kind, wanted: "a file")
        }
        let present = status?.kind == .file ? status : nil
        if present != nil, try holdsContent(present) { return try attributesAlone(present) }
        guard state.sha256 != nil || state.secret != nil else {
            throw context.problem(
                .notKept, "`\(state.path.visible)` is gone, and its content was never replaced")
        }
        if status == nil { try context.demandParent(of: state.path) }
        return try replacement(of: present)
    }

    private func attributesAlone(_ present: PathStatus?) throws -> ResourcePlan {
        let changes = state.attributes.changes(from: present)
        guard !changes.isEmpty else { return .unchanged }
        var left = PathState.file(state.path, sha256: nil, state.attributes)
        left.secret = nil
        let prior = try context.prior(
            of: Endangered(path: state.path, status: status, isRewritten: false))
        return ResourcePlan(
            changes: changes,
            action: action(state.attributes.script(for: state.path)),
            undo: [prior.step(leaving: left)])
    }

    // MARK: - Content

    private var record: SecretRecordProbe.Answer {
        get throws {
            try context.answers.answer(
                SecretRecordProbe(path: state.path, stateDirectory: context.stateDirectory))
        }
    }

    private func holdsContent(_ present: PathStatus?) throws -> Bool {
        guard let present else { return false }
        if let name = state.secret {
            if case .record(let record) = try record, record.describes(present),
                record.name == name
            {
                return true
            }
            guard let text = try? secretText() else { return false }
            return try digest() == text.digest
        }
        return try state.sha256 == nil || digest() == state.sha256
    }

    private func digest() throws -> String? {
        if case .sha256(let digest) = try context.answers.answer(
            DigestProbe(state.path, expectedSize: nil))
        {
            return digest
        }
        return nil
    }

    /// The secret text with the values that its credentials have now.
    private func secretText() throws -> SecretText {
        let kept = KeptContent(sha256: state.secret ?? "", in: context.stateDirectory)
        guard state.secret != SecretRecord.unnamed,
            case .content(let bytes) = try context.answers.answer(TextProbe(kept.path)),
            let text = String(validating: bytes, as: UTF8.self),
            sha256Text(bytes) == state.secret
        else {
            throw context.problem(
                .notKept,
                "the host has not kept what `\(state.path.visible)` was made of, which is a secret")
        }
        return try context.files.secretText(of: text, at: context.place)
    }

    private func replacement(of present: PathStatus?) throws -> ResourcePlan {
        let changes = state.attributes.changes(from: present)
        let isSecret = state.secret != nil
        let prior = try context.prior(
            of: Endangered(
                path: state.path, status: status, sha256: present == nil ? nil : try digest(),
                becomesSecret: isSecret))
        let attributes = state.attributes.inheriting(from: present, default: 0o644)
        if isSecret {
            let text = try secretText()
            let replacement = FileReplacement(
                path: state.path, content: .text(text), attributes: attributes, prior: prior,
                stateDirectory: context.stateDirectory)
            let change = Change(
                status == nil ? .create : .update, "content",
                before: status == nil ? nil : redaction, after: text.redacted)
            var action = withReload(try replacement.action())
            action.credentials = text.credentials
            return ResourcePlan(
                changes: [change] + changes, action: action,
                undo: [prior.step(leaving: state)])
        }
        let kept = KeptContent(sha256: state.sha256 ?? "", in: context.stateDirectory)
        guard try context.status(of: kept.path)?.kind == .file else {
            throw context.problem(
                .notKept,
                "the host has not kept what was in `\(state.path.visible)`")
        }
        let replacement = FileReplacement(
            path: state.path, content: .unshown([]), attributes: attributes, prior: prior,
            stateDirectory: context.stateDirectory)
        return ResourcePlan(
            changes: [try contentChange(present, kept, prior)] + changes,
            action: withReload(
                action(replacement.script(restoring: kept), lane: .slow)),
            undo: [prior.step(leaving: state)])
    }

    private func contentChange(
        _ present: PathStatus?, _ kept: KeptContent, _ prior: Prior
    ) throws -> Change {
        func text(_ path: String) throws -> String? {
            let question = TextProbe(path, limit: FileContent.longestShown)
            guard context.detail == .contents,
                case .content(let bytes) = try context.answers.answer(question),
                !bytes.contains(0)
            else { return nil }
            return String(validating: bytes, as: UTF8.self)
        }
        let mayShowPresent = !prior.hasRecord && present?.mode.isPrivate != true
        let kind: Change.Kind = status == nil ? .create : .update
        if mayShowPresent, state.attributes.mode?.isPrivate != true, let after = try text(kept.path)
        {
            guard present != nil else { return Change(kind, "content", after: after) }
            if let before = try text(state.path) {
                return Change(kind, "content", before: before, after: after)
            }
        }
        let digest = present == nil ? nil : try digest()
        return Change(
            kind, "content",
            before: digest.map { mayShowPresent ? "SHA-256 \($0.prefix(12))…" : redaction },
            after: "SHA-256 \(kept.sha256.prefix(12))…")
    }

    private func action(_ script: ShellScript, lane: ScriptOptions.Lane = .quick) -> Action {
        Action(
            script: script, options: ScriptOptions(lane: lane, timeout: .seconds(600)),
            finish: FileFailure(path: state.path).finish)
    }

    private func withReload(_ action: Action) -> Action {
        var action = action
        action.options.epilogue = UnitFiles.reload(after: state.path)
        return action
    }
}
