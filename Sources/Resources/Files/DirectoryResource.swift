public import Hosts
public import Schema
import TaskGraph
public import Vocabulary

/// A directory with this owner and mode, or none.
public struct DirectoryResource: Resource, HasFileAttributes {
    enum State: String, CaseIterable {
        case present, absent
    }

    var path = ""
    var state = State.present
    var isRecursive = false
    var attributes = FileAttributes()

    public init() {}

    public static let undo = UndoAbility.partial(
        """
        One that was made is removed while it is empty; owner and mode of one that was there are as \
        before. One that was removed is made again without what was in it.
        """)

    public static let schema = Schema<DirectoryResource>(
        "directory",
        summary: "A directory with this owner and mode, or none.",
        details: """
            Directories above it that are missing are made as well, with mode 0755; a `directory` \
            task for each says who owns them, and comes first by itself.

            An `absent` one is removed when it is empty, and with all that is in it where \
            `recursive: true` says so, but not into other file systems, and never a directory \
            that a system lives in.
            """,
        fields: [
            .required("path", \.path, .absolutePath, "Where it is."),
            .optional(
                "state", \.state, .word(), default: "present", "Whether there is to be one."),
            .optional(
                "recursive", \.isRecursive, .boolean, default: "false",
                "With `state: absent`: remove it with all that is in it."),
        ]
            + attributeFields(mode: "Its permissions; otherwise as they are, 0755 when it is new."),
        example: """
            path: /var/lib/payments
            owner: payments
            group: payments
            mode: "0750"
            """,
        check: problems)

    private static func problems(
        _ model: DirectoryResource, at place: SourcePlace
    ) -> [Diagnostic] {
        var problems: [Diagnostic] = []
        if model.state == .present, model.isRecursive {
            problems.append(
                Diagnostic(
                    .conflictingKeys, "`recursive` goes with `state: absent`", at: place,
                    help: "Owner and mode of what is in a directory are for tasks of their own."))
        }
        if model.state == .absent, model.attributes != FileAttributes() {
            problems.append(
                Diagnostic(
                    .conflictingKeys, "a directory that is `absent` has no owner or mode",
                    at: place))
        }
        if model.state == .absent, ProtectedDirectories.contain(model.path) {
            problems.append(
                Diagnostic(
                    .protectedDirectory, "`\(model.path.visible)` is never removed", at: place))
        }
        return problems
    }

    public var thing: HostThing? { .path(path) }

    public var follows: [HostThing] { [.path(path.parentPath)] + attributes.follows }

    public func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
        state == .absent
            ? "absent recursive=\(isRecursive)" : "directory \(attributes.fingerprint)"
    }

    public func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe] {
        [PathProbe(path)] + (state == .present ? path.ancestors.map { PathProbe($0) } : [])
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let status = try context.status(of: path)
        if let status, status.kind != .directory {
            let help =
                status.kind == .symlink
                ? "If its target is meant, give the task the path \(status.linkTarget ?? "")."
                : "It is not removed by itself. Move it away or choose another path."
            throw context.problem(
                .wrongKindOfPath,
                "`\(path.visible)` is \(status.inWords), and \(wanted) is wanted there", help: help)
        }
        return state == .absent
            ? try removal(of: status, context) : try creation(from: status, context)
    }

    private var wanted: String { state == .absent ? "nothing" : "a directory" }

    private func creation(
        from status: PathStatus?, _ context: PlanContext
    ) throws -> ResourcePlan {
        var changes = attributes.changes(from: status)
        if status == nil { changes.insert(Change(.create, "directory"), at: 0) }
        let aspects =
            [Aspect("kind", wanted: "directory", found: status == nil ? "none" : "directory")]
            + attributes.aspects(of: status)
        guard !changes.isEmpty else { return .unchanged.with(aspects) }
        var script = attributes.script(for: path)
        var new = attributes
        if status == nil {
            // Closed until its owner is right.
            script = "set -e\nmkdir -p -m 0700 -- \(path)\n"
            new.mode = attributes.mode ?? 0o755
            script += new.script(for: path)
        }
        let prior = try context.prior(of: Endangered(path: path, status: status))
        return ResourcePlan(
            changes: changes,
            action: Action(script: script, finish: FileFailure(path: path).finish),
            undo: try context.stepsForMissing(status == nil ? path.ancestors : [])
                + [prior.step(leaving: .directory(path, new))]
        ).with(aspects)
    }

    private func removal(of status: PathStatus?, _ context: PlanContext) throws -> ResourcePlan {
        guard status != nil else { return .unchanged }
        let prior = try context.prior(of: Endangered(path: path, status: status))
        let script: ShellScript =
            isRecursive ? "rm -rf --one-file-system -- \(path)" : "rmdir -- \(path)"
        return ResourcePlan(
            changes: [
                Change(
                    .delete, "directory",
                    before: isRecursive ? "with all that is in it" : "if it is empty")
            ],
            action: Action(
                script: script,
                options: ScriptOptions(
                    lane: isRecursive ? .slow : .quick, timeout: .seconds(300)),
                finish: FileFailure(path: path).finish),
            undo: [prior.step(leaving: PathState(path, .missing))])
    }
}

/// Directories that are never removed: `/`, its children, and those below which a system keeps
/// what it cannot do without.
private enum ProtectedDirectories {
    private static let paths: Set<String> = [
        "/etc/apt", "/etc/ssh", "/etc/systemd", "/etc/systemd/system", "/etc/pam.d",
        "/etc/security", "/etc/default", "/etc/network", "/etc/ssl", "/etc/ssl/certs",
        "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64", "/usr/share", "/usr/local",
        "/usr/local/bin", "/usr/lib/systemd", "/var/lib", "/var/lib/dpkg", "/var/lib/apt",
        "/var/lib/systemd", "/var/lib/postgresql", "/var/log", "/var/cache", "/var/spool",
        "/var/tmp", "/boot/grub", "/boot/efi", "/root/.ssh", "/run/systemd",
    ]

    static func contain(_ path: String) -> Bool {
        path.parentPath == "/" || paths.contains(path)
            || path.parentPath == "/home" || path.hasPrefix("/proc/") || path.hasPrefix("/sys/")
            || path.hasPrefix("/dev/")
    }
}
