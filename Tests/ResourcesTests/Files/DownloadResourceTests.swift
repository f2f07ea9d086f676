import Glibc
import Hosts
import Loop
import Resources
import TaskGraph
import Template
import Testing
import Vocabulary

@Suite struct DownloadResourceTests {
    private let directory = TemporaryDirectory()
    private let content = Array("what was asked for\n".utf8)

    private func digest(of bytes: [UInt8]) throws -> String {
        directory.write("digest", bytes)
        defer { unlink(directory("digest")) }
        return try TestFiles(paths: ["d": directory("digest")]).digest(of: "d", at: .test).sha256
    }

    private func resource(
        _ server: TestServer, _ path: String, sha256: String
    ) throws -> DownloadResource {
        try .reading([
            "url": .string("http://127.0.0.1:\(server.port)\(path)"), "sha256": .string(sha256),
            "path": .string(directory("f")), "mode": "0755",
        ])
    }

    @Test func `what has the digest is fetched once`() async throws {
        let server = TestServer(["/f": content])
        let resource = try resource(server, "/f", sha256: digest(of: content))
        try await server.serving {
            _ = try await TestHost().converge(resource)
        }
        #expect(TemporaryDirectory.read(directory("f")) == content)
        #expect(directory.mode("f") == 0o755)
        #expect(directory.names == ["f"])
        #expect(await server.requests == ["/f"])
    }

    @Test func `what has another digest is thrown away and the old file stands`() async throws {
        directory.write("f", "old\n")
        let server = TestServer(["/f": Array("something else\n".utf8)])
        let resource = try resource(server, "/f", sha256: digest(of: content))
        let wrong = await problems {
            try await server.serving { _ = try await TestHost().converge(resource) }
        }
        let found = try digest(of: Array("something else\n".utf8))
        #expect(
            wrong == [
                """
                what came from http://127.0.0.1:\(server.port)/f has the SHA-256 \(found), \
                not \(try digest(of: content)); it was thrown away
                """
            ])
        #expect(directory.text("f") == "old\n")
        #expect(directory.names == ["f"])
    }

    @Test func `what is not there is named`() async throws {
        let server = TestServer([:])
        let resource = try resource(server, "/no", sha256: digest(of: content))
        let wrong = await problems {
            try await server.serving { _ = try await TestHost().converge(resource) }
        }
        #expect(wrong == ["http://127.0.0.1:\(server.port)/no could not be fetched"])
        #expect(directory.names == [])
    }

    /// Each host has only what `tool` is found in.
    @Test(arguments: ["curl", "wget", "/usr/lib/apt/apt-helper"])
    func `whichever program the host has fetches it`(tool: String) async throws {
        let server = TestServer(["/f": content])
        var plan = try await TestHost().plan(
            resource(server, "/f", sha256: digest(of: content)))
        let programs = try #require(
            try await programs(only: tool), "\(tool) is not installed here")
        let script = try #require(plan.action?.script)
        plan.action?.script = "PATH=\(programs)\n" + script
        let restricted = plan
        try await server.serving { _ = try await TestHost().perform(restricted) }
        #expect(TemporaryDirectory.read(directory("f")) == content)
    }

    /// Beside the fetcher, something looks at what everybody on the host could.
    @Test(arguments: ["curl", "wget"])
    func `no process has the URL as an argument, and no message tells it`(
        tool: String
    ) async throws {
        let programs = try #require(
            try await programs(only: tool), "\(tool) is not installed here")
        let real = try await ChildProcess.collect(
            Command("readlink", ["-f", "\(programs)/\(tool)"]))
        unlink("\(programs)/\(tool)")
        directory.write(
            "programs/\(tool)",
            """
            #!/bin/sh
            printf '%s\\n' "$@" >>\(directory("arguments"))
            exec \(real.outputText.split(separator: "\n")[0]) "$@"

            """, mode: 0o755)
        for (path, fetched) in [("/f?token=hunter2", true), ("/no?token=hunter2", false)] {
            let server = TestServer(["/f?token=hunter2": content])
            let url = "http://user:correct@127.0.0.1:\(server.port)\(path)"
            let resource = try DownloadResource.reading([
                "url": .string(url), "sha256": .string(digest(of: content)),
                "path": .string(directory("f")),
            ])
            var plan = try await TestHost().plan(resource)
            #expect(!"\(plan.changes)".contains("hunter2"))
            let script = try #require(plan.action?.script)
            #expect(!script.shown.contains("hunter2"))
            plan.action?.script = ShellScript(raw: "PATH=\(programs)\n") + script
            let restricted = plan
            var said = ""
            try await server.serving {
                do {
                    _ = try await TestHost().perform(restricted)
                } catch let failure as ActionError {
                    said = failure.message + failure.output
                }
            }
            #expect(said.isEmpty == fetched)
            #expect(!said.contains("hunter2") && !said.contains("correct"))
            unlink(directory("f"))
        }
        let arguments = try #require(directory.text("arguments"))
        #expect(!arguments.contains("hunter2") && !arguments.contains("127.0.0.1"))
    }

    @Test func `a secret URL is not given to a helper that would show it`() async throws {
        let url = "http://user:correct@127.0.0.1:9/f"
        let resource = try DownloadResource.reading([
            "url": .string(url), "sha256": .string(digest(of: content)),
            "path": .string(directory("f")),
        ])
        var plan = try await TestHost().plan(resource)
        let programs = try #require(
            try await programs(only: "/usr/lib/apt/apt-helper"), "there is no apt here")
        let script = try #require(plan.action?.script)
        plan.action?.script = ShellScript(raw: "PATH=\(programs)\n") + script
        let restricted = plan
        let wrong = await problems { _ = try await TestHost().perform(restricted) }
        #expect(wrong.count == 1 && wrong[0].contains("neither curl nor wget"))
        #expect(!directory.names.contains("f"))
    }

    @Test func `a server that is down is said, and the old file stands`() async throws {
        directory.write("f", "old\n")
        let resource = try DownloadResource.reading([
            "url": "http://127.0.0.1:9/f", "sha256": .string(digest(of: content)),
            "path": .string(directory("f")), "timeout": "30 s",
        ])
        let wrong = await problems { _ = try await TestHost().converge(resource) }
        #expect(wrong == ["http://127.0.0.1:9/f could not be fetched"])
        #expect(directory.text("f") == "old\n" && directory.names == ["f"])
    }

    @Test func `a url and a digest are what they are called`() async {
        let wrong = await problems {
            _ = try DownloadResource.reading([
                "url": "ftp://x/f", "sha256": "12", "path": "/f",
            ])
        }
        #expect(
            wrong.sorted() == [
                "FF0204 a SHA-256 is 64 hexadecimal digits",
                "FF0204 an http:// or https:// URL is needed",
            ])
    }

    /// A directory of links to all that `PATH` has but other fetchers than `tool`.
    private func programs(only tool: String) async throws -> String? {
        let made = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-c",
                    """
                    command -v "$1" >/dev/null || exit 1
                    mkdir "$0"
                    for file in /usr/sbin/* /usr/bin/*; do
                    ln -sf "$file" "$0/"
                    done
                    for other in curl wget; do [ "$other" = "$1" ] || rm -f "$0/$other"; done
                    """, directory("programs"), tool,
                ]))
        return made.exit.isSuccess ? directory("programs") : nil
    }
}
