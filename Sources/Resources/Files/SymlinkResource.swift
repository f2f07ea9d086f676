public import Hosts
public import Schema
import TaskGraph
public import Vocabulary

/// A symbolic link to this target, or none.
public struct SymlinkResource: Resource {
    enum State: String, CaseIterable {
        case present, absent
    }

    var path = ""
    var state = State.present
    var target: String?
    var force = false

    public init() {}

    public static let undo = UndoAbility.exact(
        """
        The link leads where it did, or what stood there is put back.
        """)

    public static let schema = Schema<SymlinkResource>(
        "symlink",
        summary: "A symbolic link to this target, or none.",
        details: """
            The target is written into the link as it stands here, relative or absolute, and \
            need not exist. A link that points elsewhere is switched in one step: there is no \
            moment without one, so `current` of a release may be one. Directories are never \
            replaced.
            """,
        fields: [
            .required("path", \.path, .absolutePath, "Where the link is."),
            .optional(
                "target", \.target,
                .text.checked { $0.isEmpty ? "a link points to something" : nil },
                "What it points to; needed unless it is `absent`."),
            .optional(
                "state", \.state, .word(), default: "present", "Whether there is to be one."),
            .optional(
                "force", \.force, .boolean, default: "false",
                "Whether a file that stands there is replaced or removed."),
        ],
        example: """
            path: /opt/payments/current
            target: releases/2026-11-24
            """,
        check: problems)

    private static func problems(_ model: SymlinkResource, at place: SourcePlace) -> [Diagnostic] {
        switch (model.state, model.target) {
        case (.present, nil):
            [Diagnostic(.conflictingKeys, "a symlink needs a `target`", at: place)]
        case (.absent, _?):
            [Diagnostic(.conflictingKeys, "a symlink that is `absent` has no `target`", at: place)]
        default: []
        }
    }

    public var thing: HostThing? { .path(path) }

    /// The target comes first too: a link that is switched should point to what is complete.
    public var follows: [HostThing] {
        let parent = path.parentPath
        let absolute = target.map { $0.hasPrefix("/") ? $0 : parent.appendingPath($0) }
        return [.path(parent)] + [absolute.map(HostThing.path)].compactMap(\.self)
    }

    public func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
        state == .absent ? "absent" : "link to \(target ?? "")"
    }

    public func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe] {
        [PathProbe(path), PathProbe(path.parentPath)]
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        guard state == .present, let target else {
            return try FileRemoval(path: path, kinds: force ? [.symlink, .file] : [.symlink])
                .plan(context)
        }
        let status = try context.status(of: path)
        let aspects = [
            Aspect(
                "target", wanted: target,
                found: status.map { $0.linkTarget ?? $0.kind.rawValue } ?? "none")
        ]
        switch status?.kind {
        case .symlink where status?.linkTarget == target: return .unchanged.with(aspects)
        case .symlink: break
        case .file where force: break
        case nil: try context.demandParent(of: path)
        case let kind?: throw context.wrongKind(path, kind, wanted: "a symlink")
        }
        let change = Change(
            status == nil ? .create : .update, "target",
            before: status.map { $0.linkTarget?.visible ?? $0.inWords }, after: target.visible)
        let prior = try context.prior(of: Endangered(path: path, status: status))
        let linking = FileReplacement.linking(
            path, to: target, prior: prior, in: context.stateDirectory)
        return ResourcePlan(
            changes: [change],
            action: Action(
                script: "set -e\n\(linking)", finish: FileFailure(path: path).finish),
            undo: [prior.step(leaving: .link(path, to: target))]
        ).with(aspects)
    }
}
