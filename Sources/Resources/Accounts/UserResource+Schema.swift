public import Schema
import Vocabulary

extension UserResource {
    public static let schema = Schema<UserResource>(
        "user",
        summary: "A user account.",
        details: """
            What is left out stays as it is on an account that is there, and is what `useradd` \
            makes it on a new one. `groups` are all supplementary groups that the user is in, or \
            with `append` those that the user is in as well. A locked account takes no password; \
            keys still open it. Passwords are given as a hash of crypt(5), from `secrets.age`.
            """,
        fields: [
            .required("name", \.name, AccountName.field, "The login name."),
            .optional("state", \.state, .word(), default: "present", "`present` or `absent`."),
            .optional(
                "uid", \.uid, .wholeNumber(in: 0...4_294_967_294),
                "Its number; left out, a new user gets a free one."),
            .optional(
                "group", \.group, AccountName.field,
                "The primary group; left out, a new user gets that of the same name, or a new one."),
            .optional(
                "groups", \.groups, .list(of: AccountName.field), "The supplementary groups."),
            .optional(
                "append", \.append, .boolean, default: "false",
                "Keeps supplementary groups that `groups` does not name."),
            .optional("comment", \.comment, .passwdField, "The full name or purpose."),
            .optional("shell", \.shell, .pathInLine, "The login shell."),
            .optional("home", \.home, .pathInLine, "The home directory."),
            .optional(
                "create_home", \.createHome, .boolean, default: "true",
                "Makes the home of a new user, and moves that of one whose `home` changes."),
            .optional(
                "remove_home", \.removeHome, .boolean, default: "false",
                "With `state: absent`: also removes the home and the mail."),
            .optional(
                "system", \.system, .boolean, default: "false",
                "A new user gets a number of those kept for the system."),
            .optional("locked", \.locked, .boolean, "Whether no password is accepted."),
            .optional(
                "password_hash", \.passwordHash, .secretText,
                "The hash of the password (crypt(5): `$y$…`)."),
        ],
        example: """
            name: payments
            system: true
            groups: [finflow]
            home: /var/lib/payments
            shell: /usr/sbin/nologin
            """,
        check: { user, place in
            var wrong: [Diagnostic] = []
            if user.append, user.groups == nil {
                wrong.append(
                    Diagnostic(.conflictingKeys, "`append` goes with `groups`", at: place))
            }
            if user.removeHome, user.state != .absent {
                wrong.append(
                    Diagnostic(
                        .conflictingKeys, "`remove_home` goes with `state: absent`", at: place))
            }
            let isHash = user.passwordHash?.withExposed { hash in
                hash.utf8.first == UInt8(ascii: "$")
                    && hash.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
            }
            if isHash == false {
                wrong.append(
                    Diagnostic(
                        .invalidValue, "`password_hash` is not a hash of crypt(5)", at: place,
                        help: "`mkpasswd` prints one; it begins with `$`."))
            }
            if user.locked == false, user.passwordHash == nil {
                wrong.append(
                    Diagnostic(
                        .conflictingKeys, "an account without a password cannot be unlocked",
                        at: place, help: "Add `password_hash`."))
            }
            return wrong
        })
}
