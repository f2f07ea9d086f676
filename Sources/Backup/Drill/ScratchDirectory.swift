import Glibc
import Loop

/// A directory of a drill, in which its server lives. Its owner is written in it, so that the next
/// drill can tell a living one from what a killed one has left, and take that away.
struct ScratchDirectory: Sendable {
    let path: String
    /// Whom its server is run by, where that is somebody else than this process: root cannot.
    let account: String?

    private static let prefix = "finflow-drill."

    var data: String { "\(path)/data" }

    /// Also sweeps away what killed drills have left in `place`.
    static func make(in place: String) async throws -> ScratchDirectory {
        let account = try account()
        try await sweep(place)
        let path = try await BlockingPool.shared.run { () throws(SystemError) in
            var template = Array("\(place)/\(prefix)\(getpid()).XXXXXX".utf8CString)
            // Made with mode 0700.
            guard mkdtemp(&template) != nil else {
                throw SystemError(errno, in: "mkdtemp in \(place)")
            }
            let path = String(
                decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            do throws(SystemError) {
                let mark = ProcessMark.current
                try FileCalls.create(
                    "\(path)/owner", Array("\(mark.number) \(mark.birth ?? "")\n".utf8), mode: 0o600
                )
                try giveAway(path, to: account)
            } catch {
                unlink("\(path)/owner")
                rmdir(path)
                throw error
            }
            return path
        }
        return ScratchDirectory(path: path, account: account)
    }

    /// Ends what runs in it and removes it.
    func remove() async throws {
        try await BlockingPool.shared.run { () throws(SystemError) in Self.endServer(in: path) }
        let removal = try await ChildProcess.collect(
            Command("rm", ["-rf", "--", path], directory: "/"))
        guard removal.exit.isSuccess else {
            throw DrillError.serverFailed(step: "rm", message: removal.errorText)
        }
    }

    // MARK: Whose it is

    /// `nil` where this process can run a server itself.
    private static func account() throws -> String? {
        guard geteuid() == 0 else { return nil }
        let names = ["postgres", "nobody"]
        guard let name = names.first(where: { (name: String) in getpwnam(name) != nil }) else {
            throw DrillError.noAccount
        }
        return name
    }

    private static func giveAway(_ path: String, to account: String?) throws(SystemError) {
        guard let account, let user = getpwnam(account) else { return }
        guard chown(path, user.pointee.pw_uid, user.pointee.pw_gid) == 0 else {
            throw SystemError(errno, in: "chown")
        }
    }

    // MARK: What killed ones have left

    static func sweep(_ place: String) async throws {
        for name in try await BlockingPool.shared.run({ () throws(SystemError) in
            try FileCalls.names(in: place).filter { $0.hasPrefix(prefix) }
        }) {
            let directory = ScratchDirectory(path: "\(place)/\(name)", account: nil)
            guard await BlockingPool.shared.run({ directory.isAbandoned(name) }) else { continue }
            try await directory.remove()
        }
    }

    private func isAbandoned(_ name: String) -> Bool {
        let number = name.dropFirst(Self.prefix.count).split(separator: ".").first
        guard let number = number.flatMap({ Int32($0) }) else { return false }
        let owner = try? FileCalls.contents(of: "\(path)/owner", atMost: .kibibytes(4))
        let words = String(decoding: owner ?? [], as: UTF8.self)
            .split { $0 == " " || $0 == "\n" }
        if words.count == 2, let mark = Int(words[0]) {
            let process = ProcessMark(number: mark, birth: String(words[1]))
            return process.isAlive == false || process.isOfAnotherBoot == true
        }
        // Killed before it had written its name.
        return kill(number, 0) != 0 && errno == ESRCH
    }

    /// A server whose parent was killed ends by itself; unless it was stopped.
    private static func endServer(in path: String) {
        let text = try? FileCalls.contents(of: "\(path)/data/postmaster.pid", atMost: .kibibytes(4))
        let lines = String(decoding: text ?? [], as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        guard let process = lines.first.flatMap({ Int32($0) }) else { return }
        // The number may be another process's by now.
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/\(process)/cwd", &target, target.count - 1)
        let directory = String(
            decoding: target.prefix(max(0, count)).map(UInt8.init(bitPattern:)), as: UTF8.self)
        if directory == "\(path)/data" { kill(process, SIGKILL) }
        // Its shared memory: key and number (miscadmin.h, LOCK_FILE_LINE_SHMEM_KEY).
        guard lines.count > 6, let memory = lines[6].split(separator: " ").last,
            let memory = Int32(memory)
        else { return }
        shmctl(memory, IPC_RMID, nil)
    }
}
