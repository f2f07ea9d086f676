import Glibc
import Lab
import Loop
import Testing

/// A folder of this machine for the time of one test. Local hosts and those of `LocalSSHD` see
/// the same files.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = try LocalSSHD.makeFolder()
    do {
        try await body(folder)
    } catch {
        try await remove(folder)
        throw error
    }
    try await remove(folder)
}

/// A file system of 64 KiB at `folder` for as long as `body` takes.
func withSmallDisk(_ folder: String, _ body: () async throws -> Void) async throws {
    let mount = Command("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder])
    let mounted = try await ChildProcess.collect(mount)
    try #require(mounted.exit.isSuccess, "\(mounted.errorText)")
    do {
        try await body()
    } catch {
        Issue.record(error)
    }
    _ = try await ChildProcess.collect(Command("umount", ["-l", folder]))
}

private func remove(_ folder: String) async throws {
    _ = try await ChildProcess.collect(Command("rm", ["-rf", "--", folder]))
}

func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

func fileBytes(_ path: String) async throws -> [UInt8] {
    try await ChildProcess.collect(Command("cat", ["--", path]), limit: 1 << 30).output
}
