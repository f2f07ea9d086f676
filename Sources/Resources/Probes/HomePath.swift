import Hosts

/// Paths on a host that may begin with `~/`: the home of the user that the script runs as.
extension String {
    /// The path as a word of the shell.
    var shellPath: ShellScript {
        guard hasPrefix("~/") else { return "\(self)" }
        return "\"${HOME:?}\"/\(String(dropFirst(2)))"
    }

    /// The path as the host prints it.
    func below(home: String) -> String {
        hasPrefix("~/") ? home + dropFirst() : self
    }
}
