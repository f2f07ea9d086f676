import Hosts

/// The shell around apt that packages and repositories share.
enum AptShell {
    /// - `apt`: `apt-get` that never asks, keeps changed configuration files and waits for locks.
    /// - `recover`: finishes what a killed dpkg began.
    /// - `fresh SECONDS`: whether the package lists are younger than that and than the sources.
    ///   Their age is the directory's own time, which `update` sets: nothing else is remembered.
    /// - `update`: updates them, once in a script.
    /// - `attempt FUNCTION`: once, and once more with fresh lists: a package or version that the
    ///   lists do not know, or a file that the mirror no longer has.
    static let functions: ShellScript = """
        export DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none
        export NEEDRESTART_SUSPEND=1 UCF_FORCE_CONFFOLD=1
        lists=/var/lib/apt/lists
        updated=
        apt() {
          apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 \
            -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" >&2
        }
        recover() {
          set -- /var/lib/dpkg/updates/[0-9]*
          [ ! -e "$1" ] || dpkg --force-confdef --force-confold --configure -a >&2 || :
        }
        current() {
          [ -d "$lists" ] || return 1
          for source in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/sources.list.d/*; do
            [ ! "$source" -nt "$lists" ] || return 1
          done
        }
        fresh() {
          current && [ $(($(date +%s) - $(stat -c %Y "$lists"))) -lt "$1" ]
        }
        update() {
          [ -z "$updated" ] || return 1
          updated=1
          start=$(date +%s.%N)
          for pause in 1 2 4 8 15 30 0; do
            message=$(apt-get -q -o APT::Update::Error-Mode=any "$@" update 2>&1) && break
            case $message in *'Could not get lock'*|*'Unable to lock'*) sleep $pause ;;
            *) printf '%s\\n' "$message" >&2; return 1 ;; esac
            [ $pause != 0 ] || { printf '%s\\n' "$message" >&2; return 1; }
          done
          touch -d "@$start" "$lists"
        }
        attempt() {
          "$1" && return
          status=$?
          update || return $status
          "$1"
        }
        """

    /// The line of apt's or dpkg's words that says why it failed: the first error.
    static func reason(in log: String) -> String? {
        let lines = log.split(separator: "\n")
        let line =
            lines.first { $0.hasPrefix("E: ") && !$0.contains("Sub-process") }
            ?? lines.first { $0.hasPrefix("dpkg: error") } ?? lines.first { $0.hasPrefix("E: ") }
        return line.map { String($0.hasPrefix("E: ") ? $0.dropFirst(3) : $0) }
    }
}
