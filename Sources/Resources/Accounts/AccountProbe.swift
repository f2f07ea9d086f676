public import Hosts
public import Vocabulary

/// A user or a group as the host's name services know it: one `getent` for each kind of
/// question, and the shadow file only where a password matters.
public enum AccountProbe: Probe {
    /// - Parameter withPassword: also the state of the password, which only root may read.
    case user(String, withPassword: Bool = false)
    case group(String)

    public static func script(for questions: [AccountProbe]) -> ShellScript {
        var parts: [ShellScript] = []
        let users = names(of: questions) { if case .user(let name, _) = $0 { name } else { nil } }
        let groups = names(of: questions) { if case .group(let name) = $0 { name } else { nil } }
        let passwords = names(of: questions) {
            if case .user(let name, withPassword: true) = $0 { name } else { nil }
        }
        func ask(_ database: String, _ names: [String]) {
            parts.append("echo \(":" + database); getent \(database) \(names) || :")
        }
        if !users.isEmpty { ask("passwd", users) }
        if !passwords.isEmpty { ask("shadow", passwords) }
        if users.isEmpty {
            if !groups.isEmpty { ask("group", groups) }
        } else {
            // Who is a member of what stands with the groups, all of which are needed. Name
            // services need not list them all: those that are missing are asked for by name.
            parts.append(
                """
                all=$(getent group)
                echo :members; printf '%s\\n' "$all"
                set --
                for group in \(groups); do
                case "
                $all" in
                *"
                $group:"*) ;;
                *) set -- "$@" "$group" ;;
                esac
                done
                echo :group; [ $# = 0 ] || getent group "$@" || :
                """)
        }
        return parts.joined()
    }

    private static func names(
        of questions: [AccountProbe], _ select: (AccountProbe) -> String?
    ) -> [String] {
        Set(questions.compactMap(select)).sorted()
    }

    public static func answers(
        to questions: [AccountProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [AccountProbe: Account] {
        let database = AccountDatabase(String(decoding: output, as: UTF8.self))
        var answers: [AccountProbe: Account] = [:]
        for question in questions {
            switch question {
            case .user(let name, let withPassword):
                var user = database.users[name]
                if withPassword { user?.password = database.passwords[name] }
                answers[question] = Account(user: user)
            case .group(let name):
                answers[question] = Account(group: database.groups[name])
            }
        }
        return answers
    }
}

/// What there is under a name; both `nil` where there is nothing.
public struct Account: Sendable {
    public struct User: Sendable {
        public var uid: Int
        public var gid: Int
        public var comment: String
        public var home: String
        public var shell: String
        /// Name of the primary group, where it has one.
        public var group: String?
        /// Names of the supplementary groups.
        public var groups: Set<String>
        public var password: Password?
    }

    public struct Group: Hashable, Sendable {
        public var gid: Int
        public var members: [String]
    }

    /// The second field of `shadow(5)`.
    public struct Password: Sendable {
        /// Begins with `!`: no password is accepted.
        public var isLocked: Bool
        /// Without the `!` of a lock.
        public var hash: Sensitive<String>
    }

    public var user: User?
    public var group: Group?

    public init(user: User? = nil, group: Group? = nil) {
        self.user = user
        self.group = group
    }
}

/// What `getent` printed, by database.
private struct AccountDatabase {
    var users: [String: Account.User] = [:]
    var groups: [String: Account.Group] = [:]
    var passwords: [String: Account.Password] = [:]

    init(_ text: String) {
        var database: Substring = ""
        var memberships: [(group: String, gid: Int, members: [String])] = []
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                .map(String.init)
            if line.first == ":" {
                database = line.dropFirst()
            } else if database == "passwd", fields.count >= 7, let uid = Int(fields[2]),
                let gid = Int(fields[3])
            {
                users[fields[0]] = Account.User(
                    uid: uid, gid: gid, comment: fields[4], home: fields[5], shell: fields[6],
                    groups: [])
            } else if database == "shadow", fields.count >= 2 {
                let hash = fields[1].drop { $0 == "!" }
                passwords[fields[0]] = Account.Password(
                    isLocked: fields[1].hasPrefix("!"), hash: Sensitive(String(hash)))
            } else if fields.count >= 4, let gid = Int(fields[2]) {
                let members = fields[3].split(separator: ",").map(String.init)
                groups[fields[0]] = Account.Group(gid: gid, members: members)
                if database == "members" { memberships.append((fields[0], gid, members)) }
            }
        }
        join(memberships)
    }

    private mutating func join(
        _ memberships: [(group: String, gid: Int, members: [String])]
    ) {
        for name in users.keys {
            guard var user = users[name] else { continue }
            user.group = memberships.first { $0.gid == user.gid }?.group
            for (group, _, members) in memberships where members.contains(name) {
                user.groups.insert(group)
            }
            users[name] = user
        }
    }
}
