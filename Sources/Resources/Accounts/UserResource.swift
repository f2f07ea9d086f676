public import Hosts
public import Schema
import TaskGraph
import Vocabulary

/// `user`: an account.
public struct UserResource: Resource {
    public enum State: String, CaseIterable, Sendable {
        case present, absent
    }

    public var name = ""
    public var state = State.present
    public var uid: Int?
    public var group: String?
    public var groups: [String]?
    public var append = false
    public var comment: String?
    public var shell: String?
    public var home: String?
    public var createHome = true
    public var removeHome = false
    public var system = false
    public var locked: Bool?
    public var passwordHash: SecretText?

    public init() {}

    public static let undo = UndoAbility.partial(
        """
        A user that was made is removed, and its home stays; what was corrected is as it was; a removed \
        one comes back with its number and groups. A password never is put back, nor what was in a \
        removed home.
        """)

    public var thing: HostThing? { .user(name) }

    public var follows: [HostThing] {
        guard state == .present else { return [] }
        return ([group ?? name] + (groups ?? [])).map { .group($0) }
            + (home.map { [.path($0.parentPath)] } ?? [])
    }

    public func fingerprint(_ files: any PlaybookFiles) -> String {
        JSON.object(compact: [
            ("name", .string(name)), ("state", .string(state.rawValue)),
            ("uid", uid.map(JSON.int)), ("group", group.map(JSON.string)),
            ("groups", groups.map { .array($0.sorted().map(JSON.string)) }),
            ("append", .bool(append)), ("comment", comment.map(JSON.string)),
            ("shell", shell.map(JSON.string)), ("home", home.map(JSON.string)),
            ("locked", locked.map(JSON.bool)),
            ("password", passwordHash.map { .string($0.digest) }),
        ]).line
    }

    private var probe: AccountProbe {
        .user(name, withPassword: locked != nil || passwordHash != nil)
    }

    public func questions(_ detail: PlanDetail, _ files: any PlaybookFiles) -> [any Probe] {
        [probe]
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let user = try context.answers.answer(probe).user
        switch (state, user) {
        case (.absent, nil): return .unchanged
        case (.absent, let user?):
            return ResourcePlan(
                changes: [Change(.delete, "user", before: name)],
                action: Action(
                    script: "userdel \(removeHome ? ["--remove"] : []) \(name)",
                    options: ScriptOptions(lane: .slow, timeout: .seconds(600))),
                undo: Self.undo(ofRemoving: name, user))
        case (.present, nil): return creation(in: context.stateDirectory)
        case (.present, let user?): return correction(of: user, in: context.stateDirectory)
        }
    }

    // MARK: - A new account

    private func creation(in stateDirectory: String) -> ResourcePlan {
        var steps: [ShellScript] = ["set -e", "set --"]
        if group == nil {
            // `useradd` would rather fail than use a group of the user's name that is there.
            steps.append("if getent group \(name) >/dev/null; then set -- --gid \(name); fi")
        }
        steps.append("useradd \(creationOptions) \"$@\" \(name)")
        if let passwordHash { steps.append(settingPassword(passwordHash, in: stateDirectory)) }
        // What has no password is locked already.
        if locked == true, passwordHash != nil { steps.append("usermod --lock \(name)") }
        return ResourcePlan(
            changes: [Change(.create, "user", after: uid.map { "\(name), \($0)" } ?? name)],
            action: Action(script: steps.joined()),
            undo: [
                UndoStep(
                    left: Self.spec(name, [("uid", uid.map(JSON.int))]),
                    before: Self.spec(name, [("state", "absent")]))
            ])
    }

    private var creationOptions: [String] {
        var options = [createHome ? "--create-home" : "--no-create-home"]
        if system { options.append("--system") }
        let values: [(String, String?)] = [
            ("--uid", uid.map(String.init)), ("--gid", group),
            ("--groups", groups.flatMap { $0.isEmpty ? nil : $0.joined(separator: ",") }),
            ("--comment", comment), ("--home-dir", home), ("--shell", shell),
        ]
        for case (let option, let value?) in values { options += [option, value] }
        return options
    }

    // MARK: - An account that is there

    private func correction(
        of user: Account.User, in stateDirectory: String
    ) -> ResourcePlan {
        var changes: [Change] = []
        var options: [String] = []
        func correct(_ what: String, _ option: String, from old: String, to new: String?) {
            guard let new, new != old else { return }
            changes.append(Change(.update, what, before: old, after: new))
            options += [option, new]
        }
        correct("uid", "--uid", from: String(user.uid), to: uid.map(String.init))
        if group != user.group, group.flatMap(Int.init) != user.gid {
            correct("group", "--gid", from: user.group ?? String(user.gid), to: group)
        }
        correct("comment", "--comment", from: user.comment, to: comment)
        correct("shell", "--shell", from: user.shell, to: shell)
        if let home, home != user.home {
            correct("home", "--home", from: user.home, to: home)
            if createHome { options.append("--move-home") }
        }
        if let groups {
            let wanted = append ? user.groups.union(groups) : Set(groups)
            let old = user.groups.sorted().joined(separator: ",")
            correct("groups", "--groups", from: old, to: wanted.sorted().joined(separator: ","))
        }
        var steps: [ShellScript] = options.isEmpty ? [] : ["usermod \(options) \(name)"]
        correctPassword(of: user, in: stateDirectory, &changes, &steps)
        guard !steps.isEmpty else { return .unchanged }
        return ResourcePlan(
            changes: changes, action: Action(script: (["set -e"] + steps).joined()),
            undo: undo(ofCorrecting: user, changes))
    }

    private func correctPassword(
        of user: Account.User, in stateDirectory: String, _ changes: inout [Change],
        _ steps: inout [ShellScript]
    ) {
        var isLocked = user.password?.isLocked ?? false
        if let passwordHash {
            let isSame = user.password?.hash.withExposed { old in
                passwordHash.withExposed { $0 == old }
            }
            if isSame != true {
                changes.append(
                    Change(.update, "password", before: redaction, after: passwordHash.redacted))
                steps.append(settingPassword(passwordHash, in: stateDirectory))
                isLocked = false
            } else if locked == nil, isLocked {
                // A lock that somebody set stays until `locked: false` is said.
                return
            }
        }
        guard let locked, locked != isLocked else { return }
        changes.append(Change(.update, "locked", before: "\(!locked)", after: "\(locked)"))
        steps.append("usermod \(locked ? "--lock" : "--unlock") \(name)")
    }

    /// By standard input from a built-in of the shell, so that `ps` never shows it.
    private func settingPassword(_ hash: SecretText, in stateDirectory: String) -> ShellScript {
        let secret = hash.withExposed { Sensitive($0) }
        return WholeInput.feeding(
            "printf '%s:%s\\n' \(name) \(secret)", to: "exec chpasswd --encrypted",
            named: "password of \(name)", in: stateDirectory)
    }
}
