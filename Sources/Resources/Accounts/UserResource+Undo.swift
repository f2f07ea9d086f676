import TaskGraph
import Vocabulary

extension UserResource {
    static func spec(_ name: String, _ fields: [(String, JSON?)]) -> ResourceSpec {
        ResourceSpec("user", compact: [("name", .string(name))] + fields)
    }

    /// What was corrected, as it was. A password is never put back: it is a secret, and an old
    /// one shall not come to life again.
    func undo(ofCorrecting user: Account.User, _ changes: [Change]) -> [UndoStep] {
        var left: [(String, JSON?)] = []
        var before: [(String, JSON?)] = []
        func put(_ field: String, _ new: JSON?, _ old: JSON?) {
            left.append((field, new))
            before.append((field, old))
        }
        for change in changes {
            switch change.what {
            case "uid": put("uid", uid.map(JSON.int), .int(user.uid))
            case "group": put("group", group.map(JSON.string), user.group.map(JSON.string))
            case "comment": put("comment", comment.map(JSON.string), .string(user.comment))
            case "shell": put("shell", shell.map(JSON.string), .string(user.shell))
            case "home":
                put("home", home.map(JSON.string), .string(user.home))
                put("create_home", .bool(createHome), .bool(createHome))
            case "groups":
                let new = append ? user.groups.union(groups ?? []) : Set(groups ?? [])
                put("groups", Self.list(new), Self.list(user.groups))
            // Without a password it is locked whatever is said, and needs one to be unlocked.
            case "locked" where locked == false && passwordHash != nil:
                put("locked", nil, true)
            default: break
            }
        }
        guard !before.isEmpty else { return [] }
        return [UndoStep(left: Self.spec(name, left), before: Self.spec(name, before))]
    }

    /// The account with its number, in its groups; not its password, and not what was in its home.
    static func undo(ofRemoving name: String, _ user: Account.User) -> [UndoStep] {
        let account = UndoStep(
            left: spec(name, [("state", "absent")]),
            before: spec(
                name,
                [
                    ("uid", .int(user.uid)), ("group", user.group.map(JSON.string)),
                    ("groups", list(user.groups)), ("comment", .string(user.comment)),
                    ("shell", .string(user.shell)), ("home", .string(user.home)),
                    ("create_home", false), ("system", user.uid < 1000 ? true : nil),
                ]))
        // `userdel` takes the group of the user's own name with it.
        guard user.group == name else { return [account] }
        return [
            account,
            UndoStep(
                left: GroupResource.spec(name, [("state", "absent")]),
                before: GroupResource.spec(name, [("gid", .int(user.gid))])),
        ]
    }

    private static func list(_ names: Set<String>) -> JSON {
        .array(names.sorted().map(JSON.string))
    }
}
