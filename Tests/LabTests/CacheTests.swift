import Glibc
import Lab
import LabTraits
import Loop
import Testing

/// With the smallest of the things that are cached.
@Suite(.labOfItsOwn) struct CacheTests {
    @Test func twoThatNeedTheSameThingBuildItOnce() async throws {
        try await withCache { cache in
            async let first = hello(cache)
            async let second = hello(cache)
            let answers = try await [first, second]
            #expect(answers[0].exit == .status(0), "\(answers[0].errorText)")
            #expect(answers[0] == answers[1])
            #expect(try await listing("\(cache)/finflow-lab/hello").count == 1)
        }
    }

    @Test func aBuildThatFailsLeavesNothingThatPassesForAWholeOne() async throws {
        try await withCache { cache in
            // Fails where the repository is signed, at the end of the build.
            let broken = try await hello(cache, path: "\(cache)/bin:/usr/bin:/bin:/usr/sbin")
            #expect(broken.exit == .status(9))
            #expect(try await listing("\(cache)/finflow-lab/hello") == [])

            let whole = try await hello(cache)
            #expect(whole.exit == .status(0), "\(whole.errorText)")
            let folder = String(whole.outputText.dropLast())
            #expect(access("\(folder)/dists/stable/InRelease", R_OK) == 0)
        }
    }

    private func hello(
        _ cache: String, path: String = "/usr/bin:/bin:/usr/sbin:/sbin"
    ) async throws -> CollectedOutput {
        try await ChildProcess.collect(
            Command(
                Lab.script, ["hello"],
                environment: ["PATH": path, "HOME": "/root", "XDG_CACHE_HOME": cache]))
    }

    /// A cache of its own, with a `bin/gpg` that fails.
    private func withCache(_ body: (String) async throws -> Void) async throws {
        let made = try await shell(
            """
            cache=$(mktemp -d /tmp/lab-cache.XXXXXX) && mkdir "$cache/bin" &&
            printf '#!/bin/sh\\nexit 9\\n' >"$cache/bin/gpg" && chmod 755 "$cache/bin/gpg" &&
            printf %s "$cache"
            """)
        try await body(made)
        _ = try await shell("rm -rf '\(made)'")
    }

    private func listing(_ folder: String) async throws -> [Substring] {
        try await shell("ls '\(folder)'").split(separator: "\n")
    }

    private func shell(_ script: String) async throws -> String {
        let result = try await ChildProcess.collect(Command("/bin/sh", ["-c", script]))
        try #require(result.exit == .status(0), "\(result.errorText)")
        return result.outputText
    }
}
