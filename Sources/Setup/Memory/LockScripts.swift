import Hosts
import TaskGraph
import Vocabulary

/// What the scripts of a run do with the host's lock.
///
/// Each script that changes something begins with a *fence*: it takes part in `flock(2)` on the
/// file `busy` and then looks whether the lock is still its run's. A run that takes the lock
/// over needs the same `flock` for itself alone, so it does so only between two scripts; from
/// then on no script of the old run gets past its fence, however long its controller slept.
///
/// One machine may have several names in an inventory, and then a run has it under each of them:
/// all of them share the lock. Each name is a file in `names`, made before the first script of
/// that name changes anything; the name that is done last gives the lock back. Who takes the lock
/// begins with no names at all, so that those of a dead run count for nothing.
struct LockScripts: Sendable {
    /// `/var/lib/finflow`
    var directory: String
    var run: RunID
    /// Under which the run knows the host.
    var name: HostName

    /// The status with which a fence ends a script that may not run, after a line on standard
    /// error that begins with ``refusal`` and tells what stands in `lock`.
    static let refusedStatus: Int32 = 113
    static let refusal = "finflow-lock: "
    static let busy = "busy"

    /// How the script may find the lock when it is to be taken.
    enum Basis: Hashable, Sendable {
        /// Exactly this line, or none.
        case line(String)
        /// The holder of this line is gone; what it has left running is ended.
        case abandoned(String)
        /// Exactly this line, which is none of ours.
        case damaged(String)
    }

    /// Goes before what changes something; run by one shell at its top, whose descriptor 9 it
    /// leaves open.
    var fence: ShellScript { beginning + shared + "\(held) || refuse \"$lock\"\numask 022\n" }

    /// The same for the run's first script on the host, which takes the lock.
    ///
    /// - Parameter founding: what else is written while the lock is taken, with the state
    ///   directory as the working directory and umask 077.
    func taking(_ lock: HostLock, over basis: Basis, founding: ShellScript) -> ShellScript {
        var damage: ShellScript = ""
        let known: String
        switch basis {
        case .line(let line), .abandoned(let line): known = line
        case .damaged(let line):
            known = line
            damage = "[ ! -e lock ] || mv -f lock lock.damaged || exit\n"
        }
        var ending: ShellScript = ""
        if case .abandoned = basis { ending = Self.endingOthers }
        return """
            \(beginning)\
            \(naming)\
            \(shared)\
            joined || {
            flock -u 9
            \(ending)\
            take -x || refuse \(Self.busy)
            look
            \(held) || {
            case $lock in \(known)|*\(HostLock.released(by: run))*) ;; *) refuse "$lock" ;; esac
            cd -- "$memory" || exit
            \(damage)\
            \(founding)\
            rm -rf -- names || exit
            printf '%s\\n' \(lock.line) >lock.new && mv -f lock.new lock || exit
            cd /
            }
            joined || exit
            take -s || refuse \(Self.busy)
            }
            umask 022

            """
    }

    /// Shows that the run lives.
    var beat: ShellScript {
        fence + """
            read -r up rest </proc/uptime
            cd -- "$memory" && printf '%s %s\\n' \(run.rawValue) "${up%.*}" >beat.new &&
                mv -f beat.new beat
            """
    }

    /// Gives the lock back, unless the run has the host under another name, which is not done.
    ///
    /// - Parameters:
    ///   - closing: what is written before, with the state directory as the working directory and
    ///     umask 077.
    ///   - last: the same, where the lock is given back.
    func releasing(
        at time: Timestamp, closing: ShellScript, last: ShellScript = ""
    ) -> ShellScript {
        fence + naming + """
            umask 077
            cd -- "$memory" || exit
            \(closing)\
            alone || refuse \(Self.busy)
            rm -f -- names/\(file)
            for other in names/*; do [ ! -f "$other" ] || exit 0; done
            look
            \(held) || exit 0
            \(last)\
            rm -f beat
            printf '%s\\n' \(HostLock.released(by: run, at: time)) >lock.new && mv -f lock.new lock

            """
    }

    /// Takes the lock from whoever has it, for somebody who says why.
    func breaking(_ line: String, because reason: String, at time: Timestamp) -> ShellScript {
        """
        \(beginning)\
        \(Self.endingOthers)\
        take -x || refuse \(Self.busy)
        look
        case $lock in \(line)) ;; *) refuse "$lock" ;; esac
        cd -- "$memory" || exit
        rm -f beat
        printf '%s\\n' \(HostLock.broken(line, by: run, at: time, because: reason)) >>unlocks.ndjson || exit
        printf '%s\\n' \(HostLock.released(by: run, at: time)) >lock.new && mv -f lock.new lock

        """
    }

    // MARK: Pieces

    /// `flock -w` is not everywhere; a lock that is free costs one try.
    private var beginning: ShellScript {
        """
        memory=\(directory)
        refuse() { printf '\(raw: Self.refusal)%s\\n' "$1" >&2; exit \(Int(Self.refusedStatus)); }
        take() {
            tries=${2:-150}
            until flock -n "$1" 9; do
                tries=$((tries - 1))
                [ $tries -gt 0 ] || return
                sleep 0.2
            done
        }
        look() { lock=; [ ! -f "$memory/lock" ] || read -r lock <"$memory/lock" || :; }
        [ -d "$memory" ] || mkdir -p -m 0700 -- "$memory" || exit
        umask 077
        exec 9>>"$memory/busy" || exit

        """
    }

    /// What the names of one machine do to the lock they do one after the other, without waiting
    /// for each other's scripts: behind a `flock` of their own, on descriptor 8.
    private var naming: ShellScript {
        """
        alone() { exec 8>>"$memory/naming" && (take_naming); }
        take_naming() {
            tries=150
            until flock -n -x 8; do
                tries=$((tries - 1))
                [ $tries -gt 0 ] || return
                sleep 0.2
            done
        }
        joined() {
            alone || refuse \(Self.busy)
            look
            \(held) && mkdir -p -m 0700 -- "$memory/names" &&
                printf '' >"$memory/names/"\(file)
            set -- $?
            exec 8>&-
            return $1
        }

        """
    }

    private var file: String { TaskID(name.rawValue).fileName }

    private var shared: ShellScript { "take -s || refuse \(Self.busy)\nlook\n" }

    private var held: ShellScript {
        "case $lock in *\(HostLock.mark(of: run))*) true ;; *) false ;; esac"
    }

    /// What others still run on the host may come to its end; after ten seconds it is ended.
    /// They are found by the file that their shells hold open.
    private static let endingOthers: ShellScript = """
        others() {
            read -r own </proc/$$/stat
            own=${own##*) }; own=${own#* }; own=${own#* }; own=${own%% *}
            for process in /proc/[0-9]*; do
                [ "$process/fd/9" -ef "$memory/busy" ] || continue
                read -r group 2>/dev/null <"$process/stat" || continue
                group=${group##*) }; group=${group#* }; group=${group#* }; group=${group%% *}
                [ "$group" = "$own" ] || [ "$group" -le 1 ] || kill "-$1" "-$group" 2>/dev/null
            done
        }
        take -x 50 || { others TERM; take -x 25; } || others KILL

        """
}

extension ScriptResult {
    /// What stands in the lock, where the fence kept the script from running.
    var refusingLock: String? {
        guard status == LockScripts.refusedStatus else { return nil }
        let text = String(decoding: error, as: UTF8.self)
        guard let found = text.firstRange(of: LockScripts.refusal) else { return nil }
        return String(text[found.upperBound...].prefix { $0 != "\n" })
    }
}
