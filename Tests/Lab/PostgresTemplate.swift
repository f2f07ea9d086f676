internal import Glibc
internal import Loop

/// A new cluster, made once for each version of PostgreSQL on this machine: initdb takes ten
/// times as long as a copy.
enum PostgresTemplate {
    static func copy(to path: String) async throws {
        try await run("cp", ["-a", "--reflink=auto", try await made.value, path])
    }

    private static let made = Task { try await make() }

    private static func make() async throws -> String {
        let version =
            try await run("\(PostgresLab.programs)/postgres", ["--version"])
            .split(separator: " ").dropFirst(2).first.map(String.init) ?? "15"
        let home = getenv("HOME").map { String(cString: $0) } ?? "/tmp"
        let cache = "\(home)/.cache/finflow-lab"
        let path = "\(cache)/postgres-\(version.filter { $0 != "\n" })-\(getuid())"
        if access("\(path)/PG_VERSION", F_OK) == 0 { return path }
        let folder = try LocalSSHD.makeFolder()
        defer { LocalSSHD.removeFolder(folder) }
        try PostgresLab.giveAway(folder)
        try await run(
            "sh",
            [
                "-c",
                """
                \(PostgresLab.asServer) \(PostgresLab.programs)/initdb -D "$1/data" -U postgres \
                -E UTF8 --locale=C.UTF-8 -A trust --no-sync --no-instructions >&2
                """, "sh", folder,
            ])
        // Whole or not at all, whoever else makes it at this moment.
        let copy = "\(path).\(getpid())"
        try await run("mkdir", ["-p", cache])
        try await run("cp", ["-a", "\(folder)/data", copy])
        if rename(copy, path) != 0 { LocalSSHD.removeFolder(copy) }
        return path
    }

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) async throws -> String {
        // Where the user postgres may not be the current directory stays out of it.
        let result = try await ChildProcess.collect(
            Command(program, arguments, directory: "/"))
        guard result.exit.isSuccess else {
            throw PostgresLab.NotAvailable(description: "\(program): \(result.errorText)")
        }
        return result.outputText
    }
}
