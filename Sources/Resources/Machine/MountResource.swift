public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `mount`: a line of fstab, and whether the file system is mounted.
public struct MountResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case mounted
        /// In fstab, whether it is mounted or not.
        case present
        /// Neither mounted nor in fstab.
        case absent
    }

    public var path = ""
    public var source = ""
    public var type = ""
    public var options = "defaults"
    public var dump = 0
    public var pass = 0
    public var state = State.mounted

    public init() {}

    public static let undo = UndoAbility.partial(
        """
        What was mounted is unmounted, and what was unmounted is mounted as before; `/etc/fstab` is as it \
        was. What is in use is neither, and an option that only a boot brings is not in force until \
        then.
        """)

    private var probe: MountProbe { MountProbe(path: path) }

    private var entry: [String] {
        [
            source.fstabEscaped, path.fstabEscaped, type, options.fstabEscaped, String(dump),
            String(pass),
        ]
    }

    public var thing: HostThing? { .other(kind: "mount", name: path) }

    /// The directory is there before something is mounted on it, and what is mounted from.
    public var follows: [HostThing] {
        [.path(path.parentPath)] + (source.hasPrefix("/") ? [.path(source)] : [])
    }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        "\(state) " + (state == .absent ? "" : entry.joined(separator: " "))
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [probe, fstab, PathProbe(path)]
    }

    /// The table that has the line.
    private var fstab: SmallFileProbe { SmallFileProbe("/etc/fstab") }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let observed = try context.answers.answer(probe)
        return state == .absent
            ? try absence(observed, context) : try presence(observed, context)
    }

    private func presence(
        _ observed: MountProbe.Answer, _ context: PlanContext
    ) throws -> ResourcePlan {
        var changes: [Change] = []
        var steps: [ShellScript] = []
        var undo: [UndoStep] = []
        // fstab may leave its last two fields out.
        let isSame = observed.entry.map { found in
            found + Array(repeating: "0", count: max(0, 6 - found.count)) == entry
        }
        if isSame != true {
            changes.append(
                Change(
                    observed.entry == nil ? .create : .update, "/etc/fstab",
                    before: observed.entry?.joined(separator: " "),
                    after: entry.joined(separator: " ")))
            let editing = try editing(adding: entry.joined(separator: " "), context)
            steps.append(editing.script)
            undo = editing.undo
        }
        if state == .mounted {
            if let mounted = observed.mounted {
                let oldSource = observed.entry?[0]
                if !isOfType(mounted.type) {
                    changes.append(Change(.update, path, before: mounted.type, after: type))
                    steps += ["umount -- \(path)", "mount -- \(path)"]
                    undo.insert(LiveMountResource.again(path, .anew), at: 0)
                } else if let oldSource, oldSource != source.fstabEscaped {
                    // What is mounted anew with other options is still the same file system.
                    changes.append(Change(.update, path, before: oldSource, after: source))
                    steps += ["umount -- \(path)", "mount -- \(path)"]
                    undo.insert(LiveMountResource.again(path, .anew), at: 0)
                } else if isSame == false {
                    changes.append(Change(.run, "remount", after: options))
                    steps.append("mount -o remount -- \(path)")
                    undo.insert(LiveMountResource.again(path, .remounted), at: 0)
                }
            } else {
                changes.append(Change(.update, path, before: "not mounted", after: "mounted"))
                steps += ["mkdir -p -- \(path)", "mount -- \(path)"]
                undo += try context.stepsForMissing([path])
                undo.append(LiveMountResource.step(path, before: nil))
            }
        }
        return plan(changes, steps, undo)
    }

    /// The kernel has its own names for some: NFS says its version, FUSE what it is a front of.
    private func isOfType(_ mounted: String) -> Bool {
        [mounted, "none", "auto"].contains(type) || type == "nfs" && mounted == "nfs4"
            || mounted.hasPrefix("fuse") || options.split(separator: ",").contains("bind")
    }

    private func absence(
        _ observed: MountProbe.Answer, _ context: PlanContext
    ) throws -> ResourcePlan {
        var changes: [Change] = []
        var steps: [ShellScript] = []
        var undo: [UndoStep] = []
        if let mounted = observed.mounted {
            changes.append(Change(.update, path, before: "mounted", after: "not mounted"))
            steps.append("umount -- \(path)")
            undo = [LiveMountResource.step(path, before: mounted)]
        }
        if let entry = observed.entry {
            changes.append(
                Change(.delete, "/etc/fstab", before: entry.joined(separator: " ")))
            let editing = try editing(adding: nil, context)
            steps.append(editing.script)
            undo += editing.undo
        }
        return plan(changes, steps, undo)
    }

    private func plan(
        _ changes: [Change], _ steps: [ShellScript], _ undo: [UndoStep]
    ) -> ResourcePlan {
        guard !changes.isEmpty else { return .unchanged }
        return ResourcePlan(
            changes: changes,
            action: Action(
                script: (["set -e"] + steps).joined(),
                options: ScriptOptions(
                    lane: .slow, timeout: .seconds(120),
                    // systemd makes units of fstab's lines.
                    epilogue: "[ ! -d /run/systemd/system ] || systemctl daemon-reload"),
                finish: FileFailure(path: fstab.path).orScript),
            undo: undo)
    }

    /// Only the line of this directory changes, wherever it stands and whatever surrounds it.
    private func editing(adding line: String?, _ context: PlanContext) throws -> FileStep {
        let table = try context.answers.answer(fstab)
        let prior = try context.prior(
            of: Endangered(
                path: fstab.path, status: table.status, sha256: table.content.map(sha256Text)))
        let added: ShellScript = line.map { "printf '%s\\n' \($0)" } ?? ":"
        let script = FileReplacement.editing(
            fstab.path, prior: prior, in: context.stateDirectory,
            by: """
                found=
                while IFS= read -r line || [ -n "$line" ]; do
                set -f
                set -- $line
                set +f
                if [ "${1#'#'}" = "${1-}" ] && [ "${2-}" = \(path.fstabEscaped) ]; then
                [ -n "$found" ] || \(added) || exit
                found=yes
                else
                printf '%s\\n' "$line" || exit
                fi
                done
                [ -n "$found" ] || \(added)
                """)
        let left = PathState.file(
            fstab.path, sha256: sha256Text(edited(table.text ?? "", adding: line).utf8),
            FileAttributes())
        return FileStep(script: script, undo: [prior.step(leaving: left)])
    }

    /// What the script of ``editing(adding:_:)`` makes of a text.
    private func edited(_ table: String, adding line: String?) -> String {
        var result: [String] = []
        var isFound = false
        for old in EditableText(Array(table.utf8)).lines.map({ String(decoding: $0, as: UTF8.self) }
        ) {
            let words = old.split { $0 == " " || $0 == "\t" }
            if words.first?.hasPrefix("#") != true, words.count > 1, words[1] == path.fstabEscaped {
                if !isFound { result += [line].compactMap(\.self) }
                isFound = true
            } else {
                result.append(old)
            }
        }
        if !isFound { result += [line].compactMap(\.self) }
        return result.map { $0 + "\n" }.joined()
    }
}

extension MountResource {
    public static let schema = Schema<MountResource>(
        "mount",
        summary: "A mounted file system, now and after a boot.",
        details: """
            Only the line of this directory in /etc/fstab is touched. A change of options \
            mounts it anew with them; the directory is made where it is missing.
            """,
        fields: [
            .required("path", \.path, .absolutePath, "The directory that it is mounted on."),
            .optional(
                "source", \.source, .oneLine, default: "\"\"",
                "The device, `UUID=…`, or what the file system takes."),
            .optional("type", \.type, word, default: "\"\"", "The file system: `ext4`, `tmpfs`."),
            .optional(
                "options", \.options, word, default: "defaults", "Mount options, by commas."),
            .optional("dump", \.dump, .wholeNumber(in: 0...9), default: "0", "For dump(8)."),
            .optional(
                "pass", \.pass, .wholeNumber(in: 0...9), default: "0",
                "When fsck checks it: 1 the root, 2 others, 0 never."),
            .optional(
                "state", \.state, .word(), default: "mounted",
                "`mounted`, `present`: only in fstab, or `absent`."),
        ],
        example: """
            path: /var/lib/finflow/cache
            source: tmpfs
            type: tmpfs
            options: size=64m,mode=0700,nodev,nosuid
            """,
        check: { mount, place in
            mount.state != .absent && (mount.source.isEmpty || mount.type.isEmpty)
                ? [Diagnostic(.missingKey, "a mount needs `source` and `type`", at: place)] : []
        })

    private static let word = FieldType.oneLine.checked { text in
        text.contains { $0 == " " || $0 == "\t" } ? "it has to be one word" : nil
    }
}
