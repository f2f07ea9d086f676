import FoundationEssentials
import Glibc
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

/// Secrets that are easily recognised go through whole runs; meanwhile and afterwards they are
/// looked for wherever they must not be, also in the forms that programs encode them in.
@Suite struct PlantedSecretsTests {
    /// With characters that encodings change.
    private static let planted = [
        "file_secret": "fi1e/Nightingale+one=%7",
        "template_secret": "temp1ate&Nightingale \"two\" ü",
        "environment_secret": "envir0nment;Nightingale$three",
        "input_secret": "inp:ut?Nightingale#four",
        "line_secret": "1ine{Nightingale}five",
        "block_secret": "b1ock[Nightingale]six",
        "unit_secret": "un1t~Nightingale^seven",
        "failing_secret": "fai1ing!Nightingale*eight",
        "password_hash":
            "$6$Nightingale$yMBk7qWQ9dGq4F0n1h0d3m1tQm5b9m6XcQvV7Jp1YyYF6T1c1oM7q4d8x0mJrM2uX0r5bGmP0kq9vVqkqk0qX0",
    ]

    private static let role = """
        tasks:
          - { id: file, file: { path: /etc/planted/file, content: "{{ secrets.file_secret }}\\n" }, notify: [told] }
          - { id: directory, directory: { path: /etc/planted } }
          - { id: template, template: { path: /etc/planted/template, source: planted.conf } }
          - id: command
            command:
              run: "cat >/etc/planted/input; printf %s \\"$PLANTED_ENVIRONMENT\\" >/etc/planted/environment"
              creates: /etc/planted/input
              stdin: "{{ secrets.input_secret }}"
              env: { PLANTED_ENVIRONMENT: "{{ secrets.environment_secret }}" }
          - { id: lines, file: { path: /etc/planted/lines, content: "x\\n", mode: "0600" }, when: false }
          - { id: line, line: { path: /etc/planted/line, create: true, match: "^1ine", line: "{{ secrets.line_secret }}" } }
          - { id: block, block: { path: /etc/planted/block, create: true, content: "{{ secrets.block_secret }}" } }
          - { id: user, user: { name: planted, password_hash: "{{ secrets.password_hash }}" } }
          - { id: refused, tags: [failing], file: { path: /proc/none/file, content: "{{ secrets.failing_secret }}" } }
          - id: loud
            tags: [failing]
            command:
              run: "echo \\"$PLANTED_ENVIRONMENT\\" >&2; cat; exit 3"
              always: true
              stdin: "{{ secrets.failing_secret }}"
              env: { PLANTED_ENVIRONMENT: "{{ secrets.failing_secret }}" }
        handlers:
          - { id: told, command: { run: "cat >/etc/planted/told", always: true, stdin: "{{ secrets.unit_secret }}" } }
        """

    /// Every form of a secret that is looked for.
    static func forms(of secret: String) -> Set<String> {
        let bytes = Array(secret.utf8)
        let hex = bytes.hexadecimal
        let unreserved = Set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~".utf8)
        let percent = bytes.map { byte in
            unreserved.contains(byte)
                ? String(UnicodeScalar(byte))
                : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        var forms: Set = [
            secret, hex, hex.uppercased(), percent, percent.replacing("%20", with: "+"),
            percent.replacing(/%../) { $0.output.lowercased() },
        ]
        // Of HTML, of JSON with its characters and in ASCII.
        let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;")]
        forms.insert(entities.reduce(secret) { $0.replacing($1.0, with: $1.1) })
        let json = String(JSON.quoted(secret).dropFirst().dropLast())
        forms.insert(json)
        forms.insert(
            json.unicodeScalars.map { scalar in
                let digits = String(scalar.value, radix: 16)
                return scalar.isASCII
                    ? String(scalar)
                    : "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }.joined())
        for line in secret.split(separator: "\"") where line.count > 8 {
            forms.insert(String(line))
        }
        // Wherever it stands in what is encoded: the digits that only it decides.
        for shift in 0..<3 {
            let encoded = Base64.encode([UInt8](repeating: 0, count: shift) + bytes, padded: false)
            let digits = encoded.dropFirst(shift == 0 ? 0 : shift + 1).dropLast(1)
            forms.insert(String(digits))
            // RFC 4648 §5, as URLs have it.
            forms.insert(String(digits.replacing("+", with: "-").replacing("/", with: "_")))
        }
        return forms
    }

    static let patterns = Set(planted.values.flatMap(forms)).sorted()

    private static func finds(_ text: String) -> [String] {
        patterns.filter { text.contains($0) }
    }

    @Test func `the search finds what it should, in every form`() async throws {
        for (name, secret) in Self.planted {
            #expect(!Self.finds("x\(secret)y").isEmpty, "\(name)")
            let shell = """
                set -o pipefail; printf 'ab%s c' "$S" | base64 -w 0; echo
                printf 'a%s c' "$S" | base64 -w 0; echo; printf '%s c' "$S" | base64 -w 0; echo
                printf %s "$S" | od -An -v -tx1 | tr -d ' \\n'; echo
                python3 - <<'END'
                import base64, html, json, os, urllib.parse
                secret = os.environ["S"]
                print(urllib.parse.quote(secret, safe=""))
                print(urllib.parse.quote_plus(secret))
                print(html.escape(secret))
                print(json.dumps(secret))
                print(json.dumps(secret, ensure_ascii=False))
                print(base64.urlsafe_b64encode(b"ab" + secret.encode()).decode())
                END
                """
            let encoded = try await ChildProcess.collect(
                Command(
                    "bash", ["-c", shell],
                    environment: ["S": secret, "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"]))
            let lines = encoded.outputText.split(separator: "\n")
            #expect(lines.count == 10, "\(encoded.errorText)")
            for line in lines { #expect(!Self.finds(String(line)).isEmpty, "\(name): \(line)") }
        }
        #expect(Self.finds("nothing of it: Nightingale") == [])
    }

    /// Looks at all processes' arguments and environments, and at directories, again and again
    /// until it is told to stop. The patterns come by standard input: its own arguments must not
    /// have them.
    private static func watcher(_ place: String, directories: String) -> String {
        """
        mkdir -m 700 -p \(place); rm -f \(place)/*; mkfifo \(place)/enough
        while read -r line && [ "$line" != . ]; do printf '%s\\n' "$line"; done >\(place)/patterns
        exec 4<>\(place)/enough
        sh -c 'read -r line' "$(head -n 1 \(place)/patterns)" <&4 &
        echo ready; n=0
        while [ ! -e \(place)/over ]; do
            for process in /proc/[0-9]*; do
                tr '\\0' '\\n' <$process/cmdline 2>/dev/null
                tr '\\0' '\\n' <$process/environ 2>/dev/null | grep -av ^PLANTED_ENVIRONMENT=
            done 2>/dev/null | grep -aF -f \(place)/patterns | sort -u >>\(place)/seen
            grep -rlF -f \(place)/patterns \(directories) 2>/dev/null | grep -v '^\(place)/' >>\(place)/files
            n=$((n+1))
        done
        echo >&4
        echo "looked $n times"; sort -u \(place)/seen; echo files; sort -u \(place)/files
        """
    }

    private func watching<Value: Sendable>(
        _ command: Command, ending: () async throws -> Void, _ body: () async throws -> Value
    ) async throws -> (Value, String) {
        try await ChildProcess.withRunning(command) { child in
            try await child.write(Array((Self.patterns.joined(separator: "\n") + "\n.\n").utf8))
            #expect(try await child.read() == .output(Array("ready\n".utf8)))
            let value = try await body()
            try await ending()
            return (value, try await child.collect().outputText)
        }
    }

    @Test(.hosts(1), .timeLimit(.minutes(10)))
    func `a planted secret is only where it belongs`() async throws {
        let host = LabHost.leased[0]
        try await LabPlaybooks.withRole(Self.role, on: [host]) { program in
            try write(
                ["roles/test/templates/planted.conf": "greeting={{ greeting }}\n"],
                below: program.playbooks)
            let environment = URL(
                filePath: "\(program.playbooks)/environments/lab/environment.yaml")
            let text = try String(contentsOf: environment, encoding: .utf8)
            let vars = "vars:\n  greeting: \"hello {{ secrets.template_secret }}\"\n"
            try Data((text + vars).utf8).write(to: environment)
            try await plant(in: program)
            var told: [(words: String, text: String)] = []
            let ours = "\(program.home)/../watch"
            let local = Command(
                "sh",
                ["-c", Self.watcher(ours, directories: "\(program.home) \(program.playbooks)")])
            let remote = Command(
                "\(Program.checkout)/Tests/Lab/hosts",
                [
                    "enter", host.name, "sh", "-c",
                    Self.watcher("/run/watch", directories: "/var/lib/finflow /tmp /run /var/tmp"),
                ],
                environment: [
                    "LAB": "\(host.site.number)",
                    "HOME": getenv("HOME").map { String(cString: $0) } ?? "/root",
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                ])
            let (inner, here) = try await watching(
                local, ending: { _ = try await program.shell("touch '\(ours)/over'") }
            ) {
                try await watching(
                    remote, ending: { _ = try await host.inspect("touch /run/watch/over") }
                ) {
                    for words in Self.commands(on: host) {
                        let run = try await program.shell("\"$0\" \(words)")
                        told.append((words, run.output + run.error))
                        if words.hasPrefix("setup --env") {
                            #expect(run.status == 3 || run.status == 1)
                        }
                        // Done, failed, changes pending, failed in part: it did what it is for.
                        #expect((0...3).contains(run.status ?? -1), "\(words): \(run.error)")
                    }
                    let live = try await program.shell(
                        "export TERM=xterm; script -qefc \"'$0' setup --env lab\" /dev/null")
                    told.append(("live", live.output))
                }
            }
            let there = inner.1
            for (words, text) in told {
                #expect(!text.isEmpty || words.hasSuffix("--json"), "\(words)")
                #expect(Self.finds(text) == [], "\(words)")
            }
            #expect(told[1].text.contains("credential file_secret@1"))
            try await searchFiles(of: program)
            // The watchers' own control, and nothing else.
            for (name, seen) in [("controller", here), ("host", there)] {
                let parts = seen.split(separator: "files\n", omittingEmptySubsequences: false)
                let lines = parts[0].split(separator: "\n")
                #expect(lines.first?.hasPrefix("looked ") == true, "\(name): \(seen)")
                #expect(lines.dropFirst() == [Self.patterns[0][...]], "\(name)")
                #expect(parts.count == 2 && parts[1].isEmpty, "\(name): \(seen)")
            }
            try await searchHost(host)
            let left = try await program.shell(
                "grep -rlF -f '\(ours)/patterns' '\(program.home)' '\(program.playbooks)' || :")
            #expect(left.output == "")
            let searched = try await program.shell(
                "grep -cF -f '\(ours)/patterns' '\(ours)/patterns'")
            #expect(searched.output == "\(Self.patterns.count)\n")
        }
    }

    /// Everything that tells of a run, to a terminal, a program or a file.
    private static func commands(on host: LabHost) -> [String] {
        [
            "check --env lab", "plan --env lab",
            "plan --env lab --skip-tags failing --out ~/change.plan",
            "setup --plan ~/change.plan --report ~/planned.html",
            "history --env lab", "history last --env lab", "history --env lab --json",
            "history last --env lab --json", "history last --env lab --report ~/history.html",
            "history --env lab --verify", "drift --env lab --textfile ~/drift.prom",
            "drift --env lab --json", "undo last --env lab --dry-run",
            "undo last --env lab --dry-run --json", "undo last --env lab",
            "history last --env lab --report ~/undo.html",
            "setup --env lab --diff --report ~/setup.html",
            "setup --env lab --json", "undo last --env lab --json",
            "plan --env lab --json", "plan --env lab --report ~/plan.html",
            "inventory --env lab --vars \(host.name)", "graph --env lab",
        ]
    }

    /// The files that those commands wrote, and the records of the state store: that they are
    /// there, and tell what they are for. All of them lie where a watcher looks, too.
    private func searchFiles(of program: Program) async throws {
        let files = [
            "change.plan", "planned.html", "history.html", "undo.html", "setup.html", "plan.html",
            "drift.prom",
        ]
        for name in files {
            let text = try String(
                contentsOf: URL(filePath: "\(program.home)/\(name)"), encoding: .utf8)
            #expect(!text.isEmpty)
            #expect(Self.finds(text) == [], "\(name)")
            if name != "drift.prom" { #expect(text.contains("/etc/planted/file"), "\(name)") }
        }
        let store = "\(program.home)/.local/state/finflow/lab"
        let records = try await program.shell("find '\(store)' -type f -exec cat {} +")
        #expect(records.output.contains("/etc/planted/template"))
        #expect(Self.finds(records.output) == [], "the records of runs")
    }

    private func plant(in program: Program) async throws {
        let made = try await program.shell(
            "\"$0\" secrets recipients add \"$(\"$0\" secrets keygen)\" --env lab")
        try #require(made.status == 0, "\(made.error)")
        for (name, value) in Self.planted {
            let set = try await ChildProcess.collect(
                program.command(["secrets", "set", name, "--env", "lab"]), input: Array(value.utf8))
            try #require(set.exit.isSuccess, "\(set.errorText)")
        }
    }

    /// The whole disk of the host, and its journal.
    private func searchHost(_ host: LabHost) async throws {
        let kept = try await host.inspect(
            """
            grep -rlF -f /run/watch/patterns / --exclude-dir=proc --exclude-dir=sys 2>/dev/null |
                grep -v ^/run/watch/ | sort; echo .
            journalctl --no-pager -o export | grep -acF -f /run/watch/patterns || :
            journalctl --no-pager | grep -c 'sudo.*COMMAND=' || :
            """)
        let lines = kept.outputText.split(separator: "\n").map(String.init)
        let files = Set(lines.prefix { $0 != "." })
        let belongs: Set = [
            "/etc/planted/file", "/etc/planted/template", "/etc/planted/input",
            "/etc/planted/environment", "/etc/planted/line", "/etc/planted/block",
            "/etc/planted/told", "/etc/shadow",
        ]
        #expect(files.subtracting(["/etc/shadow-"]) == belongs)
        let rest = lines.drop { $0 != "." }.dropFirst()
        #expect(rest.first == "0")
        #expect(rest.last != "0")
    }
}
