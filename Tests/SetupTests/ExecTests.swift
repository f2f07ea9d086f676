import FoundationEssentials
import Lab
import LabTraits
import Loop
import Testing
import Vocabulary

/// `exec`: an ad-hoc command on many hosts.
@Suite struct ExecTests {
    private let hosts = ["a", "b", "c", "d"]

    private func withHosts(_ body: (Program, String) async throws -> Void) async throws {
        try await Program.withLocalRole("tasks: []", hosts: hosts, body)
    }

    /// A script that answers by the number of its call, as all these hosts are one.
    private static func answering(_ cases: String, _ root: String) -> String {
        "n=1; while ! mkdir \(root)/n$n 2>/dev/null; do n=$((n+1)); done; case $n in \(cases) esac"
    }

    @Test func `hosts that print the same are folded, the largest group first`() async throws {
        try await withHosts { program, root in
            let script = Self.answering("2) echo odd;; *) echo same;;", root)
            let run = try await program.run("exec", "--forks", "1", "all", "--", "sh", "-c", script)
            #expect(run.status == 0)
            #expect(run.output == "a, c, d  (3 hosts alike)\n  same\nb\n  odd\n")
            #expect(run.error == "")
        }
    }

    @Test func `groups of one size stand in the order of the inventory, whoever was first`()
        async throws
    {
        try await withHosts { program, root in
            let script = Self.answering("1) echo 1;; 2) echo 2;; 3) echo 3;; 4) echo 4;;", root)
            let run = try await program.run("exec", "all", "--", "sh", "-c", script)
            #expect(run.lines.filter { !$0.hasPrefix(" ") } == ["a", "b", "c", "d"])
        }
    }

    @Test func `a status other than 0 is shown, standard error too, and 3 tells of some`()
        async throws
    {
        try await withHosts { program, root in
            let script = Self.answering("1) echo no >&2; exit 7;; *) :;;", root)
            let run = try await program.run("exec", "--forks", "1", "all", "--", "sh", "-c", script)
            #expect(run.status == 3)
            #expect(run.output == "b, c, d  (3 hosts alike)\na  status 7\n  no\n")
            #expect(run.error == "1 of 4 hosts failed.\n")
        }
    }

    @Test func `patterns choose, and one that matches nothing is shown with what is wrong`()
        async throws
    {
        try await withHosts { program, _ in
            let some = try await program.run("exec", "all:!b", "--", "echo", "$HOME")
            #expect(some.output == "a, c, d  (3 hosts alike)\n  $HOME\n")
            let none = try await program.run("exec", "e", "--", "true")
            #expect(none.status == 65 || none.status == 64)
            #expect(none.error.contains("<pattern>:1:1"))
            #expect(none.error.contains("| e"))
        }
    }

    @Test func `binary output spoils no terminal, and JSON has every byte`() async throws {
        struct Record: Decodable {
            var output: String?
            var encoded: String?

            enum CodingKeys: String, CodingKey {
                case output
                case encoded = "output_base64"
            }
        }
        try await withHosts { program, _ in
            let words = ["a", "--", "printf", #"\000\377\033[2J"#]
            let run = try await program.run(["exec"] + words) { _ in }
            #expect(run.output == "a\n  (binary, 6 B; --json has it)\n")
            let escapes = try await program.run("exec", "a", "--", "printf", #"\033[2Jx"#)
            #expect(escapes.output == "a\n  \\u{1b}[2Jx\n")
            let json = try await program.run(["exec", "--json"] + words) { _ in }
            let record = try JSONDecoder().decode(Record.self, from: Data(json.lines[1].utf8))
            let bytes = record.encoded.flatMap { Data(base64Encoded: $0) }
            #expect(bytes == Data([0, 0xFF] + Array("\u{1B}[2J".utf8)))
            let text = try await program.run("exec", "--json", "a", "--", "echo", "ü")
            let plain = try JSONDecoder().decode(Record.self, from: Data(text.lines[1].utf8))
            #expect(plain.output == "ü\n")
        }
    }

    @Test func `100 MB from each of three hosts cost little memory`() async throws {
        try await withHosts { program, _ in
            // Peak in KiB of the program: with all that was printed it would be 300 MB.
            let run = try await program.shell(
                #"""
                python3 - "$0" <<'END'
                import resource, subprocess, sys
                script = "yes 0123456789 | head -c 100000000; echo; echo end"
                words = [sys.argv[1], "exec", "all:!d", "--", "sh", "-c", script]
                out = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout
                lines = out.splitlines()
                print(lines[0], lines[-1].strip(), len(out) < 4 << 20, sep="|")
                print([line for line in lines if "left out" in line])
                print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
                END
                """#)
            #expect(run.lines.count == 3, "\(run.error.suffix(500))")
            #expect(run.lines.first == "a, b, c  (3 hosts alike)|end|True")
            #expect(run.lines.dropFirst().first == "['  … 93.4 MiB left out …']")
            let peak = try #require(Int(run.lines.last ?? ""))
            #expect(peak < 150_000)
        }
    }

    @Test func `a command that takes too long is ended, and said so`() async throws {
        try await withHosts { program, _ in
            let run = try await program.run("exec", "--timeout", "1", "a", "--", "sleep", "600")
            #expect(run.status == 1)
            #expect(run.error.contains("it took longer than \(Duration.seconds(1).brief)"))
            #expect(run.output == "")
        }
    }

    @Test(.hosts(2))
    func `become is root, and nobody else`() async throws {
        try await LabPlaybooks.withRole("tasks: []", on: LabHost.leased) { program in
            let names = LabHost.leased.map(\.name).joined(separator: ", ")
            let root = try await program.run(
                "exec", "--env", "lab", "--become", "all", "--", "id", "-un")
            #expect(root.output == "\(names)  (2 hosts alike)\n  root\n")
            let login = try await program.run("exec", "--env", "lab", "all", "--", "id", "-un")
            #expect(login.output == "\(names)  (2 hosts alike)\n  ops\n")
        }
    }
}
