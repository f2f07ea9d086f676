import Hosts

/// Gives a command a text as its standard input: all of it, or the command does not start.
///
/// What stands before a pipe is a process of its own. When memory runs out it may be killed
/// alone, and whoever reads from the pipe takes what has come until then for all there is. Here
/// the shell that starts the command has written the text before, by a built-in, to a file that
/// has no name any more. It lies in memory, if only root can write there: the text may be a
/// secret.
enum WholeInput {
    /// A step whose status is the command's.
    ///
    /// - Parameters:
    ///   - printing: prints the text, and fails where it cannot print all of it.
    ///   - command: what reads it; it runs in a subshell.
    ///   - name: what a killed run may have left is found by it.
    ///   - stateDirectory: where the file is made by somebody who is not root.
    static func feeding(
        _ printing: ShellScript, to command: ShellScript, named name: String,
        in stateDirectory: String
    ) -> ShellScript {
        let file = ShellScript.temporaryPath(for: name.replacing("/", with: " "))
        return """
            (
            set -- /run
            if ! [ -w "$1" ]; then
              set -- \(stateDirectory)
              mkdir -p -m 0700 -- "$1" || exit
            fi
            set -- "$1"/\(file)
            rm -f -- "$1" || exit
            umask 077
            set -C
            exec 7>"$1" || exit
            set +C
            rm -f -- "$1" || exit
            \(printing) >&7 || { head --bytes=65536 /dev/zero >&7 || :; exit 1; }
            umask 022
            exec </proc/self/fd/7 7>&- || exit
            set --
            \(command)
            )
            """
    }
}
