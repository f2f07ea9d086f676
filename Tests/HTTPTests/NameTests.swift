import Glibc
import Lab
import Loop
import Testing

@testable import HTTP

/// A name server that does not answer holds up only who asks for it. Each test runs once more in a
/// process whose look-ups can be made to wait.
@Suite struct NameTests {
    private static let base = environment("SLOW_NAMES")
    private static let script =
        "\(#filePath.dropLast("HTTPTests/NameTests.swift".count))Lab/Scripts/slow_names.c"

    @Test func aSlowLookUpHoldsUpNobodyElse() async throws {
        guard let base = Self.base else { return try await runAgain() }
        try await withClient { client, server in
            let slow = Task {
                try await client.send(HTTPRequest(.get, "http://slow.invalid/")).0
            }
            while access("\(base).asked", F_OK) != 0 { await Task.yield() }
            // On the same loop, and by the same handle of libcurl's.
            #expect(try await client.text(server.url("/hello")) == "hello\n")
            // Giving it up does not wait for its thread.
            slow.cancel()
            await #expect(throws: CancellationError.self) { try await slow.value }
            let late = HTTPRequest(
                .get, "http://slow.invalid/", timeouts: HTTPTimeouts(connect: .milliseconds(100)))
            let error = await #expect(throws: HTTPError.self) { try await client.send(late) }
            #expect(error?.kind == .timeout(.connect))
            #expect(client.handles.current == 0)
            // Its answer, which nobody wants any more, does no harm.
            try LocalSSHD.write("", to: "\(base).answer")
            let unknown = HTTPRequest(.get, "http://slow.invalid/")
            let none = await #expect(throws: HTTPError.self) { try await client.send(unknown) }
            #expect(none?.kind == .resolve)
        }
    }

    private func runAgain() async throws {
        try await withDirectory { folder in
            let library = "\(folder)/slow_names.so"
            let compiled = try await ChildProcess.collect(
                Command("cc", ["-shared", "-fPIC", "-o", library, Self.script, "-ldl"]))
            try #require(compiled.exit == .status(0), "\(compiled.errorText)")
            try await inAProcessOfItsOwn(
                "NameTests", ["LD_PRELOAD": library, "SLOW_NAMES": "\(folder)/name"])
        }
    }
}
