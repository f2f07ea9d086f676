import Loop
import Record
import Vocabulary

/// The lock of a host as its holder wrote it: one line of JSON in `lock`.
///
/// Time is the host's own, counted from its boot: no clock that is set, on either side, makes
/// a lock expire or live for ever. A lock from before a boot has no scripts any more.
struct HostLock: Hashable, Sendable {
    var holder: RunIdentity
    /// Which boot of the host, and seconds since then, when it was taken.
    var boot: String
    var uptime: Int
    /// How many seconds it is good for without a heartbeat.
    var expiry: Int

    /// What is found in `lock`.
    enum Content: Hashable, Sendable {
        /// Never held, or given back; the line as it stands.
        case free(line: String)
        case held(HostLock, line: String)
        /// Of a format that came after this one: who holds it can only be guessed.
        case later(line: String)
        /// No line that finflowctl has written.
        case damaged(line: String)

        var isDamaged: Bool { if case .damaged = self { true } else { false } }
    }

    static func content(of line: String?) -> Content {
        guard let line else { return .free(line: "") }
        guard let json = try? JSON(parsing: line), let version = json["version"]?.int else {
            return .damaged(line: line)
        }
        guard version <= 1 else { return .later(line: line) }
        if json["released"] != nil { return .free(line: line) }
        guard let lock = HostLock(json) else { return .damaged(line: line) }
        return .held(lock, line: line)
    }

    /// By this the scripts of a run know that the lock is theirs: no other run's line has it.
    static func mark(of run: RunID) -> String { "\"run\":\"\(run)\"" }

    /// By this they know that it was the run itself that gave it back.
    static func mark(ofReleaseBy run: RunID) -> String { "\"released\":\"\(run)\"" }

    /// The line without what only the host knows at the moment when it is written.
    var head: String {
        let who = holder.origin.who
        let whole = JSON.object(compact: [
            ("version", 1), ("run", .string(holder.run.rawValue)),
            ("command", .string(holder.command)), ("user", .string(who.user)),
            ("as", who.effective.map(JSON.string)), ("from", .string(who.machine)),
            ("pid", .int(holder.origin.process.number)),
            ("birth", holder.origin.process.birth.map(JSON.string)),
            ("since", .string(holder.since.description)),
        ])
        return String(whole.line.dropLast())
    }

    private init?(_ json: JSON) {
        guard let run = json["run"]?.string.flatMap(RunID.init),
            let command = json["command"]?.string, let user = json["user"]?.string,
            let machine = json["from"]?.string, let number = json["pid"]?.int,
            let since = json["since"]?.string.flatMap({ Timestamp($0) }),
            let boot = json["boot"]?.string, let uptime = json["uptime"]?.int,
            let expiry = json["expiry"]?.int
        else { return nil }
        holder = RunIdentity(
            run: run, command: command,
            origin: RunOrigin(
                who: Operator(user: user, effective: json["as"]?.string, machine: machine),
                process: ProcessMark(number: number, birth: json["birth"]?.string)),
            since: since)
        self.boot = boot
        self.uptime = uptime
        self.expiry = expiry
    }

    init(holder: RunIdentity, boot: String, uptime: Int, expiry: Int) {
        self.holder = holder
        self.boot = boot
        self.uptime = uptime
        self.expiry = expiry
    }

    /// The line of a lock that was given back.
    static func released(by run: RunID, at time: Timestamp) -> String {
        JSON.object([
            .init("version", 1), .init("released", .string(run.rawValue)),
            .init("at", .string(time.description)),
        ]).line
    }

    /// What the host remembers of a lock that was taken away.
    static func broken(
        _ line: String, by run: RunID, at time: Timestamp, because reason: String
    ) -> String {
        JSON.object([
            .init("at", .string(time.description)), .init("run", .string(run.rawValue)),
            .init("because", .string(reason)),
            .init("lock", (try? JSON(parsing: line)) ?? .string(line)),
        ]).line
    }
}

/// Whether a run may take a host's lock.
enum LockStanding: Hashable, Sendable {
    case free
    case mine
    /// Somebody else's; good for so many more seconds unless there is a heartbeat.
    case held(HostLock, secondsLeft: Int)
    /// Somebody's who is gone.
    case abandoned(HostLock)
}

extension HostMemory {
    func standing(for run: RunID) -> LockStanding {
        guard case .held(let lock, _) = lock else { return .free }
        if lock.holder.run == run { return .mine }
        if lock.boot != boot || lock.holder.origin.process.isAlive == false {
            return .abandoned(lock)
        }
        let last = beat.map {
            $0.run == lock.holder.run ? max($0.uptime, lock.uptime) : lock.uptime
        }
        let left = (last ?? lock.uptime) + lock.expiry - uptime
        return left > 0 ? .held(lock, secondsLeft: left) : .abandoned(lock)
    }
}
