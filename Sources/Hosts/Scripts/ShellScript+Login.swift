internal import Vocabulary

extension ShellScript {
    /// For a script that runs as ``Privilege/root``: `body` as the user of the connection, in a
    /// subshell whose status is that of `body`. Where root is that user there is nothing to give
    /// up.
    ///
    /// What stands in the script before it can decide whether it is run at all, with what only
    /// root can read. The standard input is that of the script; `body` comes on a descriptor of
    /// its own, since an argument would be seen by all users of the host.
    public static func asLogin(_ body: ShellScript) -> ShellScript {
        """
        (
        body=\(body.withExposed { Sensitive($0 + end) })
        if [ -z "${\(raw: becameRoot)-}" ]; then eval "$body"; exit; fi
        entry=$(getent passwd "$SUDO_UID" 2>/dev/null) || entry=
        name=${entry%%:*}
        home=${entry#*:*:*:*:*:}
        home=${home%%:*}
        if [ -z "$entry" ]; then
            name=$SUDO_USER
            case $name in ''|*[!A-Za-z0-9._-]*) home=/ ;; *) eval "home=~$name" ;; esac
        fi
        export HOME="$home" USER="$name" LOGNAME="$name"
        [ ! -d "/run/user/$SUDO_UID" ] || export XDG_RUNTIME_DIR="/run/user/$SUDO_UID"
        run='body=$(cat <&3) && exec 3<&- && case $body in
        *"#whole") unset \(raw: becameRoot) SUDO_COMMAND SUDO_USER SUDO_UID SUDO_GID && eval "$body" ;;
        *) exit 1 ;; esac'
        set -- setpriv --reuid "$SUDO_UID" --regid "$SUDO_GID" --init-groups --
        if "$@" true 2>/dev/null; then
            set -- "$@" sh -c "$run"
        else
            set -- su -s /bin/sh -c "$run" "$name"
        fi
        { printf %s "$body" | "$@" 3<&0 <&4 4<&-; } 4<&0
        )

        """
    }

    /// Prints a script that makes what ``asLogin(_:)`` goes by known to a later process, which
    /// has another environment.
    public static let keepingLogin: ShellScript = """
        { [ -z "${\(raw: becameRoot)-}" ] ||
        printf 'export \(raw: becameRoot)=1 SUDO_UID=%s SUDO_GID=%s SUDO_USER=\\n' "$SUDO_UID" "$SUDO_GID"; }
        """

    /// Set, and exported, in a shell that became root through `sudo`.
    static let becameRoot = "FINFLOW_BECAME_ROOT"

    /// Its last line, without which it did not come whole.
    private static let end = "\n#whole"
}
