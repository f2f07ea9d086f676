import Loop
import Testing

/// A file system in memory, mounted on a directory whose content it then has, and gone after
/// `body`.
func withSmallDisk<Value>(
    on directory: String, kibibytes: Int, _ body: () async throws -> Value
) async throws -> Value {
    let mounting = """
        set -e
        cp -a "$1" "$1.kept"
        mount -t tmpfs -o "size=$2k,mode=755" finflow-test "$1"
        cp -a "$1.kept/." "$1/"
        """
    let unmounting = #"umount "$1" && rm -rf "$1.kept""#
    func run(_ script: String) async throws {
        let result = try await ChildProcess.collect(
            Command("sh", ["-c", script, "sh", directory, String(kibibytes)]))
        try #require(result.exit.isSuccess, "\(result.errorText)")
    }
    do {
        try await run(mounting)
        let value = try await body()
        try await run(unmounting)
        return value
    } catch {
        try? await run(unmounting)
        throw error
    }
}
