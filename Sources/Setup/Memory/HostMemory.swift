import Hosts
import Vocabulary

/// What a host remembers, as far as every run needs to know it. It lies in the state directory
/// (`/var/lib/finflow`), for root alone.
struct HostMemory: Sendable {
    var lock = HostLock.Content.free(line: "")
    /// The latest sign of life of the lock's holder.
    var beat: (run: RunID, uptime: Int)?
    /// The key of its digests, hexadecimal; `nil` on a host that was never changed.
    var key: Sensitive<String>?
    /// What stands in its place is none; all that was digested with it tells nothing any more.
    var isKeyDamaged = false
    /// Whether `applied.ndjson` was written after what was settled by it: by a run that did not
    /// come to its end, or by somebody else.
    var isAppliedNewer = false
    /// The digest that each handler last took in of each of its notifiers, by relative path
    /// (``Stamps/path(handler:notifier:)``).
    var stamps: [String: String] = [:]
    /// What was last found or made right, as digests of all of it (``AppliedStates``).
    var settled: Set<String> = []
    /// The versions of credentials that it runs.
    var credentials = AppliedContent.none
    /// Of the kernel's present boot, and the seconds since then.
    var boot = ""
    var uptime = 0
}

/// Reads it with what a shell has built in: it travels with every run's first questions.
struct MemoryProbe: Probe {
    /// `/var/lib/finflow`
    var directory: String

    static func script(for questions: [MemoryProbe]) -> ShellScript {
        questions.map { question in
            """
            printf 'in %s\\n' \(question.directory)
            if cd -- \(question.directory) 2>/dev/null; then
                for name in key lock beat settled \(AppliedCredentials.fileName) stamps/*/*; do
                    line=
                    if [ -f "$name" ] && [ -r "$name" ]; then
                        read -r line <"$name" || :
                        printf '%s %s\\n' "$name" "$line"
                    fi
                done
                [ ! applied.ndjson -nt settled ] || echo 'newer applied'
                cd /
            fi
            """
        }.joined() + """

            read -r line </proc/sys/kernel/random/boot_id && printf 'boot %s\\n' "$line"
            read -r line name </proc/uptime && printf 'uptime %s\\n' "$line"
            """
    }

    static func answers(
        to questions: [MemoryProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [MemoryProbe: HostMemory] {
        var result: [MemoryProbe: HostMemory] = [:]
        var current: MemoryProbe?
        var (boot, uptime) = ("", 0)
        for line in output.split(separator: UInt8(ascii: "\n")) {
            let line = String(decoding: line, as: UTF8.self)
            guard let space = line.firstIndex(of: " ") else { continue }
            let name = String(line[..<space])
            let value = String(line[line.index(after: space)...])
            switch name {
            case "in":
                let question = MemoryProbe(directory: value)
                current = question
                result[question] = HostMemory()
            case "boot": boot = value
            case "uptime": uptime = Int(value.prefix { $0 != "." }) ?? 0
            default: if let current { result[current]?.take(name, value) }
            }
        }
        guard !boot.isEmpty else { throw ProbeError("/proc does not say when it was booted") }
        return result.mapValues { memory in
            var memory = memory
            (memory.boot, memory.uptime) = (boot, uptime)
            return memory
        }
    }
}

extension HostMemory {
    /// Takes what one file holds. What cannot be read is as if it were not there: a stamp that
    /// says nothing is one that differs.
    fileprivate mutating func take(_ name: String, _ value: String) {
        switch name {
        case "key":
            let isKey = HostDigest.isOne(value)
            key = isKey ? Sensitive(value) : nil
            isKeyDamaged = !isKey
        case "lock":
            lock = HostLock.content(of: value)
        case "beat":
            let words = value.split(separator: " ")
            guard words.count == 2, let run = RunID(String(words[0])), let uptime = Int(words[1])
            else { return }
            beat = (run, uptime)
        case AppliedCredentials.fileName:
            credentials = AppliedCredentials(parsing: value).map { .known($0) } ?? .damaged
        case "newer":
            isAppliedNewer = true
        case "settled":
            settled = Set(value.split(separator: " ").map(String.init))
        default:
            if name.hasPrefix("stamps/") { stamps[name] = value }
        }
    }
}
