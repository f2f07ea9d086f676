public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `authorized_key`: the keys that open an account over SSH.
public struct AuthorizedKeyResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var user = ""
    public var keys: [String] = []
    public var options = ""
    public var exclusive = false
    public var state = State.present

    public init() {}

    public static let undo = UndoAbility.partial(
        """
        Each key is as it was, with its options. Its place in the file is not put back, nor the modes \
        of `.ssh` and what is in it, which stay as sshd demands them.
        """)

    private var probe: AuthorizedKeysProbe { AuthorizedKeysProbe(user: user) }

    private var wanted: [PublicKey] {
        keys.flatMap(\.textLines).compactMap { line in
            var key = PublicKey(line)
            if !options.isEmpty { key?.options = options }
            return key
        }
    }

    /// One that is exclusive decides about the whole file.
    public var thing: HostThing? {
        exclusive
            ? .other(kind: "authorized keys", name: user)
            : .other(
                kind: "authorized key",
                name: "\(user) \(wanted.map(\.identity).sorted().joined(separator: " "))")
    }

    public var follows: [HostThing] { [.user(user)] }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        "\(state) \(exclusive)\n" + wanted.map(\.line).joined(separator: "\n")
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [probe]
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let observed = try context.answers.answer(probe)
        guard observed.home != nil || context.followsPendingChanges else {
            if state == .absent { return .unchanged }
            throw context.problem(
                .missingAccount, "there is no user `\(user)`",
                help: "Add a `user` task, before this one.")
        }
        let changes = changes(from: observed)
        guard !changes.isEmpty else { return .unchanged }
        return ResourcePlan(
            changes: changes, action: Action(script: script(in: context.stateDirectory)),
            undo: undo(of: changes))
    }

    private func changes(from observed: AuthorizedKeysProbe.Answer) -> [Change] {
        let present = observed.lines.compactMap(PublicKey.init)
        var changes: [Change] = []
        for key in wanted {
            let found = present.filter { $0.identity == key.identity }
            switch (state, found.first) {
            case (.present, nil): changes.append(Change(.create, "key", after: key.line))
            case (.present, let old?) where old != key || found.count > 1:
                changes.append(Change(.update, "key", before: old.line, after: key.line))
            case (.absent, let old?): changes.append(Change(.delete, "key", before: old.line))
            default: break
            }
        }
        if exclusive {
            let identities = Set(wanted.map(\.identity))
            changes += present.filter { !identities.contains($0.identity) }
                .map { Change(.delete, "key", before: $0.line) }
        }
        guard state == .present else { return changes }
        // sshd passes over files that others may write to.
        for (what, mode, found) in [
            (".ssh mode", "700 \(user)", observed.directory),
            ("authorized_keys mode", "600 \(user)", observed.file),
        ] {
            if let found, found != mode {
                changes.append(Change(.update, what, before: found, after: mode))
            }
        }
        return changes
    }

    /// Each key as it was, whatever came into the file since. What they lie in stays as sshd
    /// demands it.
    private func undo(of changes: [Change]) -> [UndoStep] {
        func spec(_ line: String, _ state: State) -> ResourceSpec {
            ResourceSpec(
                "authorized_key",
                compact: [
                    ("user", .string(user)), ("key", .string(line)),
                    ("state", .string(state.rawValue)),
                ])
        }
        return changes.filter { $0.what == "key" }.compactMap { change in
            switch (change.before, change.after) {
            case (nil, let new?): UndoStep(left: spec(new, .present), before: spec(new, .absent))
            case (let old?, let new?):
                UndoStep(left: spec(new, .present), before: spec(old, .present))
            case (let old?, nil): UndoStep(left: spec(old, .absent), before: spec(old, .present))
            case (nil, nil): nil
            }
        }
    }

    /// Everything in the home is done as the user: whatever links the user has put there lead
    /// root nowhere. The file is edited as it is then, since other tasks may edit it, too.
    private func script(in stateDirectory: String) -> ShellScript {
        let lines = state == .present ? wanted.map { $0.line + "\n" }.joined() : ""
        let patterns = wanted.map { key in
            "*\(key.identity.shellQuoted)|*\(key.identity.shellQuoted)\" \"*"
        }.joined(separator: "|")
        let keep: ShellScript =
            exclusive
            ? ":"
            : """
            while IFS= read -r line || [ -n "$line" ]; do
            case $line in
            '') ;;
            \(raw: patterns)) ;;
            *) printf '%s\\n' "$line" || exit ;;
            esac
            done
            """
        let edit: ShellScript = """
            set -e
            exec 5<&0 </dev/null
            mkdir -p -m 700 ~/.ssh
            chmod 700 ~/.ssh
            \(FileReplacement.editing("~/.ssh/authorized_keys", mode: 0o600, by: "\(keep)\ncat <&5"))
            """
        return """
            set -e
            account=$(getent passwd \(user))
            home=${account%:*}
            home=${home##*:}
            group=${account#*:*:*:}
            group=${group%%:*}
            if [ -d "$home/.ssh" ] && [ ! -L "$home/.ssh" ]; then
              chown -h \(user):"$group" "$home/.ssh"
              [ ! -f "$home/.ssh/authorized_keys" ] || [ -L "$home/.ssh/authorized_keys" ] ||
                chown -h \(user):"$group" "$home/.ssh/authorized_keys"
            fi
            export HOME="$home"
            \(WholeInput.feeding(
                "printf %s \(lines)",
                to: "exec chroot --userspec=\(user):\"$group\" / /bin/sh -c \(edit.shown)",
                named: "keys of \(user)", in: stateDirectory))
            """
    }
}

extension AuthorizedKeyResource {
    public static let schema = Schema<AuthorizedKeyResource>(
        "authorized_key",
        summary: "A key that opens an account over SSH.",
        details: """
            Other lines of the file stay as they are, unless `exclusive` is said. The file and \
            its directory get the owner and modes that sshd demands.
            """,
        fields: [
            .required("user", \.user, AccountName.field, "The account."),
            .required(
                "key", \.keys, .oneOrMore(key),
                "The public key as a line of `authorized_keys`, or several."),
            .optional(
                "options", \.options, .oneLine, default: "\"\"",
                "What the key may do, as `from=\"10.0.0.0/8\",no-pty`."),
            .optional(
                "exclusive", \.exclusive, .boolean, default: "false",
                "Removes all keys that are not named here."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
        ],
        example: """
            user: ops
            key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2fJcGpWv8s9vYdPqXWm3nq9c0kq0V1mXlY9x3r7Q2b ada
            """,
        check: { key, place in
            key.exclusive && key.state == .absent
                ? [
                    Diagnostic(
                        .conflictingKeys, "`exclusive` goes with `state: present`", at: place)
                ] : []
        })

    private static let key = FieldType.text.checked { text in
        let lines = text.textLines
        let isKeys = !lines.isEmpty && lines.allSatisfy { PublicKey($0) != nil }
        return isKeys ? nil : "`\(text.prefix(40).visible)` is not a public key of OpenSSH"
    }
}
