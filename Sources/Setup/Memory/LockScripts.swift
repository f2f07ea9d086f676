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
/// Descriptor 9 is the part in `flock`: what holds it open runs behind a fence. Whoever waits to
/// take the lock over has descriptor 8 instead, so that two of them do not end each other.
///
/// One machine may have several names in an inventory, and then a run has it under each of them:
/// all of them share the lock. Each name is a file in `names`, made before the first script of
/// that name changes anything; the name that is done last gives the lock back. Who takes the lock
/// begins with no names at all, so that those of a dead run count for nothing. A name that waits
/// to take the lock over while another name of its run takes it joins that one.
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
    fileprivate static let busy = "busy"
    fileprivate static let lost = "lost "

    /// How the script may find the lock when it is to be taken.
    enum Basis: Hashable, Sendable {
        /// Exactly this line, or none.
        case line(String)
        /// The holder of this line is gone; what it has left running is ended. With its last
        /// sign of life, so that a later one is noticed.
        case abandoned(String, holder: RunID, beat: Int?)
        /// Exactly this line, which is none of ours.
        case damaged(String)
    }

    /// Goes before what changes something; run by one shell at its top, whose descriptor 9 it
    /// leaves open.
    var fence: ShellScript { beginning + shared + "\(held) || refuse \"$lock\"\numask 022\n" }

    /// The same for the run's first script on the host, which takes the lock.
    ///
    /// A run that had the lock already and has it no more never takes it again: it is its journal
    /// by which the host knows.
    ///
    /// - Parameter founding: what else is written while the lock is taken, with the state
    ///   directory as the working directory and umask 077.
    func taking(_ lock: HostLock, over basis: Basis, founding: ShellScript) -> ShellScript {
        var (damage, ending, silence): (ShellScript, ShellScript, ShellScript) = ("", "", "")
        let known: String
        switch basis {
        case .line(let line): known = line
        case .abandoned(let line, let holder, let beat):
            known = line
            silence = Self.silence(of: holder, since: beat)
            ending = Self.endingOthers
        case .damaged(let line):
            known = line
            damage = "[ ! -e lock ] || mv -f lock \(DamagedFile.lock.aside) || exit\n"
        }
        let journal = "runs/\(run).ndjson"
        return """
            \(beginning)\
            \(naming)\
            \(shared)\
            joined || {
            \(stepping)\
            ours() { \(held); }
            may() {
            look
            ours && return
            case $lock in *\(HostLock.mark(ofReleaseBy: run))*) return ;; esac
            [ ! -e "$memory/"\(journal) ] || refuse \(Self.lost)"$lock"
            \(Self.refusing(allBut: known))\
            \(silence)
            }
            claim() {
            left=$1
            until flock -n -x 8 || joined; do
                left=$((left - 1))
                [ $left -gt 0 ] || return
                sleep 0.2
            done
            }
            may
            \(ending)\
            claim 150 || refuse \(Self.busy)
            look
            ours || {
            may
            cd -- "$memory" || exit
            \(damage)\
            new=; [ -e \(journal) ] || new=true
            \(founding)\
            for other in names/* names/.[!.]*; do
            case $other in \("names/.\(run)-")*) ;; *) rm -rf -- "$other" || exit ;; esac
            done
            (
            read -r boot </proc/sys/kernel/random/boot_id && read -r up rest </proc/uptime &&
            printf '%s,"boot":"%s","uptime":%s,"expiry":%s}\\n' \(lock.head) "$boot" "${up%.*}" \
            \(lock.expiry)
            ) >lock.new && mv -f lock.new lock ||
                { [ -z "$new" ] || rm -f \(journal); exit 1; }
            cd /
            }
            joined || exit
            take -s 150 8 || refuse \(Self.busy)
            look
            ours || refuse \(Self.lost)"$lock"
            exec 9>&8 8>&-
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

    /// Gives the lock back, unless the run has the host under another name, which is not done. All
    /// of it happens alone: two names that are done at once would write the same files.
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
            alone || refuse \(Self.busy)
            \(closing)\
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
        \(stepping)\
        ours() { false; }
        may() {
        look
        \(Self.refusing(allBut: line))\
        }
        claim() { take -x "$1" 8; }
        may
        \(Self.endingOthers)\
        claim 150 || refuse \(Self.busy)
        may
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
            until flock -n "$1" "${3:-9}"; do
                tries=$((tries - 1))
                [ $tries -gt 0 ] || return
                sleep 0.2
            done
        }
        look() { lock=; [ ! -f "$memory/lock" ] || read -r lock <"$memory/lock" || :; }
        [ -d "$memory" ] || mkdir -p -m 0700 -- "$memory" || exit
        umask 077

        """
    }

    private var shared: ShellScript {
        """
        exec 9>>"$memory/busy" || exit
        take -s || refuse \(Self.busy)
        look

        """
    }

    /// No part in `flock`, until all of it is to be had.
    private var stepping: ShellScript { "exec 9>&- 8>>\"$memory/busy\" || exit\n" }

    /// What the names of one machine do to the lock they do one after the other, without waiting
    /// for each other's scripts: behind a `flock` of their own, on descriptor 7.
    private var naming: ShellScript {
        """
        alone() { exec 7>>"$memory/naming" && take -x 150 7; }
        joined() {
            alone || refuse \(Self.busy)
            look
            \(held) && mkdir -p -m 0700 -- "$memory/names" &&
                printf '' >"$memory/names/"\(file)
            set -- $?
            exec 7>&-
            return $1
        }

        """
    }

    private var file: String { Self.fileName(of: name.rawValue) }

    private static func fileName(of name: String) -> String { TaskID(name).fileName }

    /// A path in the state directory for what a run does once, whatever names the machine has: who
    /// makes a directory there does it. It outlives that the run gives the lock back in between.
    func mark(for deed: String) -> String { "names/.\(run)-\(Self.fileName(of: deed))" }

    private var held: ShellScript {
        "case $lock in *\(HostLock.mark(of: run))*) true ;; *) false ;; esac"
    }

    /// Refuses what is another line than this one.
    ///
    /// Of bytes that are no text the shell sees others than we do, so anything may stand where
    /// they are, but not a line that finflowctl has written since.
    private static func refusing(allBut line: String) -> ShellScript {
        var script: ShellScript = "case $lock in \(pattern(line))) ;; *) refuse \"$lock\" ;; esac\n"
        let isOurs = line.hasPrefix(beginningOfAll) && line.hasSuffix("}")
        if !isOurs, line.unicodeScalars.contains(where: { !isText($0) }) {
            script += "case $lock in \(beginningOfAll)*'}') refuse \"$lock\" ;; esac\n"
        }
        return script
    }

    /// Of each line that any version has written.
    private static let beginningOfAll = "{\"version\":"

    private static func isText(_ scalar: Unicode.Scalar) -> Bool {
        (0x20..<0x7F).contains(scalar.value)
    }

    /// For `case`: exactly this line; of one that is damaged, whatever may stand where no text is.
    private static func pattern(_ line: String) -> ShellScript {
        var pieces: [ShellScript] = []
        var text = ""
        for scalar in line.unicodeScalars {
            if isText(scalar) {
                text.unicodeScalars.append(scalar)
            } else if !text.isEmpty || pieces.isEmpty {
                pieces.append("\(text)")
                text = ""
            }
        }
        pieces.append("\(text)")
        return pieces.joined(separator: "*")
    }

    /// Refuses where a holder that was given up has shown since that it lives. What is no beat of
    /// its is as if it were not there.
    private static func silence(of holder: RunID, since beat: Int?) -> ShellScript {
        """
        beat=
        [ ! -f "$memory/beat" ] || read -r beat <"$memory/beat" || :
        case $beat in
        \(beat.map { "\(holder) \($0)" } ?? "")|\("\(holder) ")|\("\(holder) ")*[!0-9]*) ;;
        \("\(holder) ")????????????????*) ;;
        \("\(holder) ")*) refuse "$lock" ;;
        esac
        """
    }

    /// What others still run on the host may come to its end; after ten seconds it is ended, with
    /// all of its process group: what holds descriptor 9 often only waits for what does the work.
    private static let endingOthers: ShellScript = """
        placed() {
            read -r place 2>/dev/null <"$1/stat" || return
            place=${place##*) }
            state=${place%% *}
            group=${place#* }; group=${group#* }; group=${group%% *}
        }
        others() {
            placed /proc/$$ && own=$group
            for process in /proc/[0-9]*; do
                [ "$process/fd/9" -ef "$memory/busy" ] && placed "$process" || continue
                case " $own 0 1 $groups " in *" $group "*) ;; *) groups="$groups $group" ;; esac
            done
        }
        alive() {
            for process in /proc/[0-9]*; do
                placed "$process" || continue
                case $state in [ZXx]) continue ;; esac
                case " $groups " in *" $group "*) return ;; esac
            done
            return 1
        }
        end() {
            others
            may
            ! ours || return 0
            for group in $groups; do kill "-$1" "-$group" 2>/dev/null; done
            tries=25
            while alive; do
                tries=$((tries - 1))
                [ $tries -gt 0 ] || return
                sleep 0.2
            done
        }
        groups=
        claim 50 || { end TERM && claim 1; } || end KILL

        """
}

extension LockScripts {
    /// Why a fence kept a script from running.
    enum Refusal: Hashable, Sendable {
        /// Scripts of another run do not come to their end.
        case busy
        /// The run had the lock, and this stands there now.
        case lost(String)
        /// This stands there, and not what was expected.
        case other(String)
    }
}

extension ScriptResult {
    /// Why the fence kept the script from running, where it did.
    var refusal: LockScripts.Refusal? {
        guard status == LockScripts.refusedStatus else { return nil }
        let text = String(decoding: error, as: UTF8.self)
        guard let found = text.firstRange(of: LockScripts.refusal) else { return nil }
        let line = text[found.upperBound...].prefix { $0 != "\n" }
        if line == LockScripts.busy { return .busy }
        if line.hasPrefix(LockScripts.lost) {
            return .lost(String(line.dropFirst(LockScripts.lost.count)))
        }
        return .other(String(line))
    }
}
