import Lab
import Loop
import Testing

/// What there is on this machine of one lab.
struct Remains: Equatable {
    var processes: [Int32] = []
    var cgroups = 0
    var mounts = 0
    var listeners = 0
    var namespace = false
    var directory = false

    static let none = Remains()

    /// Looks for all of it by the lab's number.
    static func of(_ lab: Int) async throws -> Remains {
        let answer = try await ChildProcess.collect(
            Command("bash", ["-c", look, "look", String(lab)]))
        try #require(answer.exit == .status(0), "\(answer.errorText)")
        let lines = answer.outputText.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count >= 6)
        return Remains(
            processes: lines[0].split(separator: " ").compactMap { Int32($0) },
            cgroups: Int(lines[1]) ?? -1, mounts: Int(lines[2]) ?? -1,
            listeners: Int(lines[3]) ?? -1, namespace: lines[4] == "yes",
            directory: lines[5] == "yes")
    }

    private static let look = """
        shopt -s nullglob globstar
        groups=(/sys/fs/cgroup/finflow-lab/$1/**/ /sys/fs/cgroup/unified/finflow-lab/$1/**/)
        for group in "${groups[@]}"; do cat "$group/cgroup.procs"; done | tr '\\n' ' '
        echo
        echo ${#groups[@]}
        grep -c -e "/run/finflow-lab/$1/" -e "/run/netns/finflow-lab-$1 " /proc/self/mounts
        ss -Hltn "src 127.$((77 + $1)).0.0/16" | wc -l
        [ -e /run/netns/finflow-lab-$1 ] && echo yes || echo no
        [ -e /run/finflow-lab/$1 ] && echo yes || echo no
        """
}

/// A lab as its files tell of it.
enum LabFolder {
    static func path(_ lab: Int) -> String { "/run/finflow-lab/\(lab)" }

    /// The number of the lab that a program's first line of output describes.
    static func lab(in program: ChildProcess) async throws -> Int {
        var line = ""
        while !line.contains("\n"), case .output(let bytes)? = try await program.read() {
            line += String(decoding: bytes, as: UTF8.self)
        }
        let digits = line.drop { !$0.isNumber }.prefix { $0.isNumber }
        return try #require(Int(digits), "\(line)")
    }

    static func killHolder(of lab: Int) async throws {
        try await shell("kill -KILL $(cat \(path(lab))/holder)")
    }

    /// Returns when nobody holds the lab any more.
    static func awaitUnlocked(_ lab: Int) async throws {
        try await shell("[ ! -e \(path(lab))/lock ] || flock \(path(lab))/lock true")
    }

    /// The process that is PID 1 of a host, as this machine numbers it.
    static func leader(of host: LabHost) async throws -> String {
        let group = "finflow-lab/\(host.site.number)/\(host.name)/payload/init.scope"
        return try await shell(
            "cat /sys/fs/cgroup/{,unified/}\(group)/cgroup.procs 2>/dev/null | head -n 1")
    }

    @discardableResult
    private static func shell(_ script: String) async throws -> String {
        let result = try await ChildProcess.collect(Command("bash", ["-c", script]))
        try #require(result.exit == .status(0), "\(result.errorText)")
        return String(result.outputText.drop { $0.isWhitespace }.prefix { !$0.isWhitespace })
    }
}
