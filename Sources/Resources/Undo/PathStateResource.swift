import Hosts
import Schema
import TaskGraph
import Vocabulary

/// A path as it was, or as a change left it. Only undo steps name it.
struct PathStateResource: Resource, HasFileAttributes {
    var state = PathState("", .missing)

    init() {}

    init(_ state: PathState) {
        self.state = state
    }

    static let undo = UndoAbility.exact()

    var attributes: FileAttributes {
        get { state.attributes }
        set { state.attributes = newValue }
    }

    static let schema = Schema<PathStateResource>(
        PathState.typeName,
        summary: "What a host remembers of a path, for undo.",
        fields: [
            .required("path", \.state.path, .pathOrHomePath, "Where it is."),
            .required("state", \.state.kind, .word(), "What stands there."),
            .optional("sha256", \.state.sha256, .sha256, "Of its content."),
            .optional("secret", \.state.secret, .text, "Of its content, with names of secrets."),
            .optional("target", \.state.target, .text, "Of a link."),
            .optional(
                "unless_used", \.state.unlessUsed, .boolean, default: "false",
                "Removed only if nothing is in it."),
            .optional("reason", \.state.reason, .text, "Why it cannot be put back."),
        ] + attributeFields(mode: "Its permissions."),
        example: """
            path: /etc/motd
            state: missing
            """)

    var thing: HostThing? { .path(state.path) }
    var follows: [HostThing] { [] }
    func fingerprint(_ files: any PlaybookFiles) -> String { state.spec.fields.line }

    func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) -> [any Probe] {
        var questions: [any Probe] = [PathProbe(state.path), PathProbe(state.path.parentPath)]
        switch state.kind {
        case .missing: questions.append(DirectoryProbe(state.path))
        case .file:
            if state.sha256 != nil || state.secret != nil {
                questions += [
                    DigestProbe(state.path, expectedSize: nil),
                    SecretRecordProbe(path: state.path, stateDirectory: files.stateDirectory),
                ]
            }
            if let name = state.sha256 ?? state.secret {
                let kept = KeptContent(sha256: name, in: files.stateDirectory)
                questions.append(PathProbe(kept.path))
                if state.secret != nil { questions.append(TextProbe(kept.path)) }
                if detail == .contents, state.secret == nil {
                    questions += texts(kept)
                }
            }
        case .link, .directory, .lost: break
        }
        return questions
    }

    private func texts(_ kept: KeptContent) -> [TextProbe] {
        [state.path, kept.path].map { TextProbe($0, limit: FileContent.longestShown) }
    }

    func plan(_ context: PlanContext) throws -> ResourcePlan {
        let status = try context.status(of: state.path)
        let plan =
            switch state.kind {
            case .missing: try removal(of: status, context)
            case .link: try linking(over: status, context)
            case .directory: try directory(over: status, context)
            case .file: try PriorFile(state: state, status: status, context: context).plan()
            case .lost:
                throw context.problem(
                    .notKept,
                    "`\(state.path.visible)` cannot be put back: \(state.reason ?? "it is lost")")
            }
        return plan.with(state.aspects)
    }

    // MARK: - Nothing, a link, a directory

    private func removal(of status: PathStatus?, _ context: PlanContext) throws -> ResourcePlan {
        guard let status else { return .unchanged }
        let path = state.path
        if status.kind == .directory {
            let isEmpty = try context.answers.answer(DirectoryProbe(path)) == .empty
            if !isEmpty, state.unlessUsed { return .unchanged }
            guard isEmpty || context.followsPendingChanges else {
                throw context.problem(
                    .inTheWay, "`\(path.visible)` is not removed: there is something in it",
                    help: "Look at it, and remove it by hand if it may go.")
            }
            return ResourcePlan(
                changes: [Change(.delete, "directory", before: path)],
                action: action("rmdir -- \(path.shellPath)"),
                undo: [
                    try context.prior(of: Endangered(path: path, status: status)).step(
                        leaving: state)
                ])
        }
        let prior = try context.prior(of: Endangered(path: path, status: status))
        return ResourcePlan(
            changes: [Change(.delete, status.kind.rawValue, before: status.inWords)],
            action: action(FileRemoval.script(path, prior, in: context.stateDirectory)),
            undo: [prior.step(leaving: state)])
    }

    private func linking(over status: PathStatus?, _ context: PlanContext) throws -> ResourcePlan {
        let target = state.target ?? ""
        if status?.kind == .symlink, status?.linkTarget == target { return .unchanged }
        try refuseDirectory(status, context)
        if status == nil { try context.demandParent(of: state.path) }
        let prior = try context.prior(of: Endangered(path: state.path, status: status))
        let change = Change(
            status == nil ? .create : .update, "target",
            before: status.map { $0.linkTarget?.visible ?? $0.inWords }, after: target.visible)
        return ResourcePlan(
            changes: [change],
            action: action(
                FileReplacement.linking(
                    state.path, to: target, prior: prior, in: context.stateDirectory)),
            undo: [prior.step(leaving: state)])
    }

    private func directory(over status: PathStatus?, _ context: PlanContext) throws -> ResourcePlan
    {
        if let status, status.kind != .directory {
            throw context.wrongKind(state.path, status.kind, wanted: "a directory")
        }
        if status == nil { try context.demandParent(of: state.path) }
        var changes = attributes.changes(from: status)
        if status == nil { changes.insert(Change(.create, "directory"), at: 0) }
        guard !changes.isEmpty else { return .unchanged }
        let making: ShellScript =
            status == nil ? "set -e\nmkdir -m 0700 -- \(state.path.shellPath)\n" : ""
        let prior = try context.prior(of: Endangered(path: state.path, status: status))
        return ResourcePlan(
            changes: changes, action: action(making + attributes.script(for: state.path)),
            undo: [prior.step(leaving: state)])
    }

    private func refuseDirectory(_ status: PathStatus?, _ context: PlanContext) throws {
        guard status?.kind == .directory else { return }
        throw context.wrongKind(state.path, .directory, wanted: "what was there before")
    }

    private func action(_ script: ShellScript) -> Action {
        Action(
            script: "set -e\n\(script)",
            options: ScriptOptions(epilogue: UnitFiles.reload(after: state.path)),
            finish: FileFailure(path: state.path).finish)
    }
}

extension UnitFiles {
    /// What a change of a path needs, once for all that change together: systemd goes by what
    /// it has read.
    static func reload(after path: String) -> ShellScript? {
        for scope in [UnitScope.system, .user]
        where path.hasPrefix(UnitName.directory(scope) + "/") {
            return reload(scope)
        }
        return nil
    }
}

extension FieldType where Output == String {
    /// An absolute path, or one that begins with `~/`.
    static var pathOrHomePath: FieldType<String> {
        FieldType<String>.text.checked { path in
            let isPath = path.hasPrefix("/") || path.hasPrefix("~/")
            return isPath && !path.unicodeScalars.contains("\0") ? nil : "this is no path"
        }
    }
}
