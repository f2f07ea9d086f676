import Glibc
import Hosts
import Lab
import Resources
import Synchronization
import Testing

@testable import Setup

@Suite struct PackageQueueTests {
    /// Stands for the host: the first transaction takes until it is cut, others succeed.
    private final class FakeHost: Sendable {
        let transactions = Mutex(0)
        let started: AsyncStream<Void>
        private let start: AsyncStream<Void>.Continuation

        init() {
            (started, start) = AsyncStream.makeStream()
        }

        func run(_ script: ShellScript, _ options: ScriptOptions) async throws -> ScriptResult {
            let number = transactions.withLock {
                $0 += 1
                return $0
            }
            start.yield()
            if number == 1 { try await Task.sleep(for: .seconds(3600)) }
            return ScriptResult(status: 0, output: [], error: [])
        }
    }

    @Test func `what a package starts by itself holds no fence`() async throws {
        try await withDirectory { root in
            let apt = """
                #!/bin/sh
                sleep 3600 </dev/null >/dev/null 2>&1 &
                echo $! >>\(root)/started
                """
            try write(["bin/apt-get": apt, "bin/dpkg-query": "#!/bin/sh\n"], below: root)
            for name in ["apt-get", "dpkg-query"] { chmod("\(root)/bin/\(name)", 0o755) }
            let session = ShellSession(over: LocalTransport(), becomes: false)
            let queue = PackageQueue { script, options in
                let fenced: ShellScript = "exec 9>>\("\(root)/busy")\nPATH=\("\(root)/bin"):$PATH\n"
                return try await session.run(fenced + script, options: options)
            }
            let request = PackageRequest(items: [.init("any", .latest)])
            _ = try? await queue.install(
                request, options: ScriptOptions(), prologue: "echo >\("\(root)/prologue")\n")
            let held = try await session.run(
                """
                cd \(root) || exit
                [ -s started ] && [ -e prologue ] || exit 2
                status=0
                while read -r process; do
                    [ -d "/proc/$process" ] && [ ! -e "/proc/$process/fd/9" ] || status=1
                    kill "$process"
                done <started
                exit $status
                """, options: ScriptOptions())
            #expect(held.status == 0)
            await session.close()
        }
    }

    private func outcome(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "done"
        } catch is CancellationError {
            return "cut"
        } catch {
            return "answered"
        }
    }

    @Test func `a transaction is cut with the task that leads it, and the others' go on`()
        async throws
    {
        let host = FakeHost()
        let queue = PackageQueue { try await host.run($0, $1) }
        let install: @Sendable () async throws -> Void = {
            _ = try await queue.install(
                PackageRequest(items: []), options: ScriptOptions(), prologue: "")
        }
        let first = Task { await outcome(install) }
        for await _ in host.started { break }
        let second = Task { await outcome(install) }
        let third = Task { await outcome(install) }
        // One that only waits is cut at once, though a transaction runs.
        third.cancel()
        #expect(await third.value == "cut")
        first.cancel()
        #expect(await first.value == "cut")
        // The next in the line led, and was told what the host said of its request.
        #expect(await second.value != "cut")
        #expect(host.transactions.withLock { $0 } == 2)
    }
}
