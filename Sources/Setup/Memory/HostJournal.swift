import Hosts
import Record
import Resources
import TaskGraph
import Vocabulary

/// The journal of one run on one host: `runs/RUN.ndjson` in the state directory, a JSON object a
/// line. What is about to be changed is written before it is, in the same script, and how that
/// ended after it: of a run that died in between, the last line tells what to look at.
struct HostJournal: Sendable {
    let directory: String
    let identity: RunIdentity

    /// How many runs a host remembers.
    static let kept = 50
    /// The longest text of a change that is kept; a plan shows the whole of it.
    static let longestText = 4096

    private var path: String { "\(directory)/runs/\(identity.run).ndjson" }

    /// Begins it; run in the state directory, when the lock is taken.
    var founding: ShellScript {
        let who = identity.origin.who
        let header = JSON.object([
            .init("version", 1), .init("run", .string(identity.run.rawValue)),
            .init("command", .string(identity.command)), .init("user", .string(who.user)),
            .init("from", .string(who.machine)), .init("pid", .int(identity.origin.process.number)),
            .init("started", .string(identity.since.description)),
        ])
        return """
            mkdir -p runs && printf '%s\\n' \(header.line) >>runs/\(identity.run.rawValue).ndjson || exit

            """
    }

    /// A line of its own, also behind one that a full disk cut off.
    func willChange(_ entry: Entry) -> ShellScript {
        let line = entry.line
        guard line.utf8.count > Self.longestWrite else {
            return "printf '\\n%s\\n' \(line) >>\(path) || exit\n"
        }
        // A shell writes a long text in pieces, between which another script of the run could
        // write: also under another name of the machine.
        return """
            whole=\(path).$$
            (umask 077; printf '\\n%s\\n' \(line) >"$whole") && cat "$whole" >>\(path) || { rm -f "$whole"; exit 1; }
            rm -f "$whole"

            """
    }

    /// Shells write up to so many bytes at once.
    private static let longestWrite = 3500

    /// Runs `body` and says how it ended; a body that failed ends the script with its status.
    ///
    /// Not `( … ) || exit`: in front of `||` a shell ignores `set -e` (POSIX, XCU 2.14). What the
    /// body leaves running does not hold the fence.
    func running(_ body: ShellScript, as number: Int) -> ShellScript {
        """
        (
        \(body)
        ) 9>&-
        done=$?; ok=false; [ $done != 0 ] || ok=true
        printf '{"done":%s,"ok":%s}\\n' \(number) $ok >>\(path)
        [ $done = 0 ] || exit $done

        """
    }

    func did(_ number: Int, ok: Bool) -> ShellScript {
        "printf '{\"done\":%s,\"ok\":%s}\\n' \(number) \(ok ? "true" : "false") >>\(path)\n"
    }

    /// Forgets a run that took the lock and then changed nothing.
    var discarding: ShellScript {
        let path = "runs/\(identity.run.rawValue).ndjson"
        return
            "[ ! -f \(path) ] || { read -r line && ! { read -r line || [ -n \"$line\" ]; }; } <\(path) && rm -f \(path)\n"
    }

    /// Ends it, and forgets the oldest runs and the contents that only they knew of. How old they
    /// are the host's clock tells: a controller whose own is behind does not forget its own run.
    var closing: ShellScript {
        let own = "\(identity.run.rawValue).ndjson"
        return """
            [ ! -f runs/\(own) ] || printf '{"ended":"%s"}\\n' \(Timestamp.now.description) >>runs/\(own)
            set -- runs/*.ndjson
            if [ $# -gt \(Self.kept) ]; then
                count=0
                for file in $(ls -t runs); do
                    case $file in \(own)) continue ;; *.ndjson) ;; *) continue ;; esac
                    count=$((count + 1))
                    [ $count -lt \(Self.kept) ] || rm -f -- "runs/$file" "runs/${file%.ndjson}.damaged"
                done
                rm -f -- runs/*.ndjson.[0-9]*
                for content in prior/*; do
                    [ ! -f "$content" ] ||
                        grep -qsF -e "${content#prior/}" runs/*.ndjson secret/*.json ||
                        rm -f -- "$content"
                done
            fi

            """
    }

    /// One change, as it is about to be made.
    struct Entry: Sendable {
        /// Counted by the run on the host.
        var number = 0
        var task: TaskID
        var title: String
        var changes: [Change]
        /// The handlers that it notifies.
        var notifies: [TaskID] = []
        /// Whether it is a handler itself.
        var isHandler = false
        /// Whether it is made as the user of the connection, on a host where others are not.
        var isAsLogin = false
        /// Of a task with `network: true`: how long the host waits before it puts the change
        /// back by itself.
        var revertSeconds: Int?
        /// How it can be put back.
        var undo: [JSON] = []

        fileprivate var line: String {
            JSON.object(compact: [
                ("change", .int(number)), ("task", .string(task.rawValue)),
                ("title", .string(title)), ("at", .string(Timestamp.now.description)),
                ("changes", .array(changes.map(\.record))),
                ("handler", isHandler ? true : nil), ("as_login", isAsLogin ? true : nil),
                ("network", revertSeconds == nil ? nil : true),
                ("revert_seconds", revertSeconds.map(JSON.int)),
                (
                    "notifies",
                    notifies.isEmpty ? nil : .array(notifies.map { .string($0.rawValue) })
                ),
                ("undo", undo.isEmpty ? nil : .array(undo)),
            ]).line
        }
    }
}

extension Change {
    /// As journals keep it.
    var record: JSON {
        .object(compact: [
            ("kind", .string(kind.rawValue)), ("what", .string(what)),
            ("before", before.map { .string($0.bounded) }),
            ("after", after.map { .string($0.bounded) }),
        ])
    }
}

extension String {
    /// Its beginning, where it is longer than a journal keeps.
    fileprivate var bounded: String {
        let limit = HostJournal.longestText
        guard utf8.count > limit else { return self }
        return String(prefix(limit)) + "… (\(utf8.count) bytes)"
    }
}
