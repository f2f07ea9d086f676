import Glibc
import Hosts
import Lab
import LabTraits
import Loop
import Playbook
import Resources
import Schema
import Setup
import Synchronization
import TaskGraph
import Template
import Testing
import Vocabulary

/// A secret that is easily recognised goes through a run; afterwards it is looked for wherever
/// it must not be.
@Suite struct SecrecyTests {
    private static let canary = "canary-7f3a91-nightingale"

    /// A file whose content is the secret, as if `secrets.age` had held it.
    private struct SecretFile: Resource {
        var path = ""
        static let undo = UndoAbility.exact()
        static let schema = Schema<SecretFile>(
            "secret_file", summary: "A file that holds the canary.",
            fields: [.required("path", \.path, .absolutePath, "Where it is.")])

        private var file: any Resource {
            get throws(Diagnostics) {
                let fields: Value = .map([
                    "path": .string(path),
                    "content": .sensitive(Sensitive("password=\(SecrecyTests.canary)\n")),
                ])
                let place = SourcePlace(file: "test", line: 1, column: 1)
                return try ResourceType("file", FileResource.self).read(
                    PlacedValue(fields, at: place))
            }
        }

        var thing: HostThing? { .path(path) }
        var follows: [HostThing] { [] }
        func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
            try file.fingerprint(files)
        }
        func questions(
            _ detail: PlanDetail, _ files: any PlaybookFiles
        ) throws(Diagnostics) -> [any Probe] {
            try file.questions(detail, files)
        }
        func plan(_ context: PlanContext) throws -> ResourcePlan { try file.plan(context) }
    }

    /// Watches the command lines and environments of all processes of a host, until `body` is
    /// done; then looks there and in the host's journal.
    private func watching(_ host: LabHost, _ body: () async throws -> Void) async throws {
        // The pattern in a file: the watcher's own command line must not have it.
        let watcher = """
            rm -f /run/seen /run/enough; mkfifo /run/enough; read -r pattern
            printf '%s\\n' "$pattern" >/run/pattern; echo ready
            ( read x </run/enough; touch /run/over ) &
            n=0
            while [ ! -e /run/over ]; do
                cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' |
                    grep -aF -f /run/pattern >>/run/seen
                n=$((n+1))
            done
            echo "looked $n times"
            """
        try await ChildProcess.withRunning(
            Command(
                "\(Program.checkout)/Tests/Lab/hosts", ["enter", host.name, "sh", "-c", watcher],
                environment: [
                    "LAB": "\(host.site.number)",
                    "HOME": getenv("HOME").map { String(cString: $0) } ?? "/root",
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ])
        ) { child in
            try await child.write(Array("\(Self.canary)\n".utf8))
            let ready = try await child.read()
            #expect(ready == .output(Array("ready\n".utf8)))
            do {
                try await body()
            } catch {
                _ = try? await host.inspect("echo >/run/enough")
                throw error
            }
            _ = try await host.inspect("echo >/run/enough")
            let rest = try await child.collect()
            #expect(rest.outputText.contains("looked "), "\(rest.errorText)")
        }
        let seen = try await host.inspect(
            "cat /run/seen; journalctl --no-pager -o export | grep -acF -f /run/pattern || :")
        #expect(seen.outputText == "0\n")
        // That the journal would have it: sudo does log what it is given.
        let logged = try await host.inspect("journalctl --no-pager | grep -c 'sudo.*COMMAND=' || :")
        #expect(logged.outputText != "0\n")
    }

    @Test(.hosts(1))
    func `a secret content is in no event, report, process list or journal`() async throws {
        let host = LabHost.leased[0]
        try await LabPlaybooks.withRole(
            """
            tasks:
              - { id: secret, secret_file: { path: /etc/secret.conf }, notify: [told] }
              - { id: refused, secret_file: { path: /proc/none/secret.conf } }
            handlers:
              - { id: told, command: { run: "true", always: true } }
            """, on: [host]
        ) { program in
            let project = try Project.load(
                root: program.playbooks, environment: "lab",
                catalogue: ResourceCatalogue.all + [ResourceType("secret_file", SecretFile.self)])
            let graph = try project.graph()
            let connector = HostConnector(
                project.inventory,
                options: ConnectionOptions(configurationFiles: ["\(program.home)/.ssh/config"]))
            try await watching(host) {
                for mode in [SetupRun.Mode.dryRun, .apply, .apply] {
                    let events = Told()
                    let run = SetupRun(
                        graph, mode: mode, detail: .contents, identity: .new(command: "setup")
                    ) {
                        try await connector.connect(to: $0)
                    }
                    let result = await run.run(RunOptions()) { events.add("\($0)") }
                    var text = events.text
                    dump(result.reports, to: &text)
                    #expect(text.contains("secret.conf"))
                    #expect(!text.contains(Self.canary))
                    #expect(result.failed.count == (mode == .dryRun ? result.failed.count : 1))
                }
            }
            let written = try await host.inspect(
                "cat /etc/secret.conf; stat -c %a /etc/secret.conf")
            #expect(written.outputText == "password=\(Self.canary)\n600\n")
            let kept = try await host.inspect(
                "grep -rlF -f /run/pattern / --exclude-dir=proc --exclude-dir=sys 2>/dev/null || :")
            #expect(
                Set(kept.outputText.split(separator: "\n")) == ["/etc/secret.conf", "/run/pattern"])
        }
    }

    @Test(.hosts(1))
    func `sudo's password is in no output, process list or journal`() async throws {
        let host = LabHost.leased[0]
        _ = try await host.inspect(
            """
            rm -f /etc/sudoers.d/*; echo 'ops:\(Self.canary)' | chpasswd
            echo 'ops ALL=(ALL) ALL' >/etc/sudoers.d/ops; chmod 440 /etc/sudoers.d/ops
            """)
        let role = """
            tasks:
              - { id: file, file: { path: /etc/some.conf, content: "x\\n" } }
              - { id: fails, command: { run: "echo why >&2; exit 3", always: true } }
            """
        try await LabPlaybooks.withRole(role, on: [host]) { program in
            try write(["password": Self.canary + "\n"], below: program.home)
            try await watching(host) {
                for words in [
                    ["plan"], ["setup", "--diff"], ["setup", "--json"],
                    ["exec", "all", "--become"],
                ] {
                    let all =
                        words + ["--env", "lab", "--become-password-file"]
                        + ["\(program.home)/password"]
                        + (words[0] == "exec" ? ["--", "id", "-un"] : [])
                    let run = try await program.run(all) { child in
                        // Of this machine too: what any user sees with ps.
                        let listed = try await ChildProcess.collect(
                            Command(
                                "cat", ["/proc/\(child.id)/cmdline", "/proc/\(child.id)/environ"]))
                        #expect(!listed.outputText.contains(Self.canary))
                    }
                    #expect(!(run.output + run.error).contains(Self.canary))
                    #expect(!(run.output + run.error).contains("sudoRefused"))
                    if words[0] == "exec" { #expect(run.output.contains("  root\n")) }
                }
            }
        }
    }
}

/// Lines from several tasks.
private final class Told: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
}
