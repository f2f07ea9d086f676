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

    func willChange(_ entry: Entry) -> ShellScript {
        "printf '%s\\n' \(entry.line) >>\(path) || exit\n"
    }

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

    /// Ends it, and forgets the oldest runs and the contents that only they knew of.
    var closing: ShellScript {
        """
        [ ! -f runs/\(identity.run.rawValue).ndjson ] ||
            printf '{"ended":"%s"}\\n' \(Timestamp.now.description) >>runs/\(identity.run.rawValue).ndjson
        set -- runs/*.ndjson
        if [ $# -gt \(Self.kept) ]; then
            while [ $# -gt \(Self.kept) ]; do rm -f -- "$1"; shift; done
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
        /// How it can be put back.
        var undo: [JSON] = []

        fileprivate var line: String {
            JSON.object(compact: [
                ("change", .int(number)), ("task", .string(task.rawValue)),
                ("title", .string(title)), ("at", .string(Timestamp.now.description)),
                ("changes", .array(changes.map(\.record))),
                ("handler", isHandler ? true : nil), ("as_login", isAsLogin ? true : nil),
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
