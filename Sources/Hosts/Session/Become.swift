internal import Vocabulary

/// How a shell is started as somebody.
struct Become: Sendable {
    /// A shell that is to be started, and how a password gets to it.
    struct Start: Sendable {
        var words: [String]
        var password: Password?
    }

    /// `sudo` reads the password from the standard input that scripts come on later. It is sent
    /// alone; the program behind sudo announces itself by `token`, and then drops all input
    /// up to a line with `token`: where sudo needed no password, it was not read, and must not
    /// become a command.
    struct Password: Sendable {
        var text: Sensitive<String>
        /// Printed for each password that is asked for; the second time says that the first was
        /// wrong, in any language.
        var prompt: String
        var token: String
    }

    /// Whether what needs root goes through `sudo`: not for a login as root, nor where the
    /// inventory says that all is done as the login user.
    var isNeeded: Bool
    var password: Sensitive<String>?

    /// The privilege that a script really runs with: two names of one shell are one.
    func effective(_ privilege: Privilege) -> Privilege {
        isNeeded ? privilege : .login
    }

    /// - Parameter script: for `sh -c`; without, the shell reads scripts from its input.
    func start(as privilege: Privilege, running script: String? = nil) -> Start {
        let shell = ["sh"] + (script.map { ["-c", $0] } ?? [])
        guard effective(privilege) == .root else { return Start(words: shell) }
        guard let password else { return Start(words: ["sudo", "-n"] + shell) }
        let token = randomToken()
        let prompt = "[finflow \(token)]"
        let guarded = """
            printf %s \(token);while IFS= read -r l&&[ "$l" != \(token) ];do :;done;unset l
            \(script ?? "exec sh")
            """
        return Start(
            words: ["sudo", "-S", "-k", "-p", prompt, "sh", "-c", guarded],
            password: Password(text: password, prompt: prompt, token: token))
    }
}

extension HostError {
    /// Why a shell ended before it answered anything.
    ///
    /// - Parameters:
    ///   - privilege: the effective one.
    ///   - noise: what was printed instead.
    init(startFailure privilege: Privilege, status: Int32?, noise: String) {
        let said = noise.split(whereSeparator: \.isNewline).map(String.init)
        let reason = noise.lastLines
        guard privilege == .root else {
            self = .protocolViolation(
                reason.isEmpty ? "it ended at once" : "it ended at once and said: \(reason)")
            return
        }
        // Words of sudo's own, in the language of scripts; what is not known is shown as it is.
        let own = said.last { $0.hasPrefix("sudo:") || $0.hasPrefix("Sorry,") } ?? reason
        if status == 127 || own.contains("command not found") {
            self = .sudo(.missing)
        } else if own.contains("password is required") || own.contains("no password was provided") {
            self = .sudo(.passwordNeeded)
        } else if own.contains("incorrect password") || own.contains("Authentication failed") {
            self = .sudo(.passwordWrong)
        } else if own.contains("must have a tty") {
            self = .sudo(.terminalNeeded)
        } else if own.contains("not allowed") || own.contains("may not run sudo")
            || reason.contains("not in the sudoers")
        {
            self = .sudo(.notAllowed(own.contains("sudo") ? own : reason))
        } else {
            self = .sudo(.other(reason.isEmpty ? "it ended at once" : reason))
        }
    }
}

extension String {
    /// The last three lines as one.
    var lastLines: String {
        split(whereSeparator: \.isNewline).suffix(3).joined(separator: "; ")
    }
}
