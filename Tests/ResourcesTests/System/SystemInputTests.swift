import Glibc
import Hosts
import Lab
import LabTraits
import Loop
import TaskGraph
import Template
import Testing

@testable import Resources

/// What a script gives a program to read arrives whole, or the program is not started: whoever
/// is killed alone in the script, at any system call that writes.
@Suite struct SystemInputTests {
    /// Long enough to be written by more than one call.
    private static let keys = (0..<200).map { number in
        let digits = String(number).suffix(3)
        let start = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        return start + String(repeating: "A", count: 3 - digits.count) + digits + " of eve"
    }

    @Test(.hosts(1)) func `keys of an account are all written, or the old ones stay`()
        async throws
    {
        let host = TestSession(host: LabHost.leased[0])
        _ = try await host.look(
            "useradd -m eve; mkdir -m 700 /home/eve/.ssh; chown eve:eve /home/eve/.ssh")
        let resource = try AuthorizedKeyResource.reading([
            "user": "eve", "key": .string(Self.keys.joined(separator: "\n")), "exclusive": true,
        ])
        try await killEachWriter(
            of: host.plan(resource), on: host, file: "/home/eve/.ssh/authorized_keys",
            owner: "eve", new: Self.keys.joined(separator: "\n") + "\n")
    }

    @Test(.hosts(1)) func `a command reads all of its input, or does not start`() async throws {
        let host = TestSession(host: LabHost.leased[0])
        let text = String(repeating: "a line of it\n", count: 8000)
        let resource = try CommandResource.reading([
            "run": "cat >/root/half && mv /root/half /root/fed", "always": true,
            "stdin": .string(text),
        ])
        try await killEachWriter(
            of: host.plan(resource), on: host, file: "/root/fed", owner: "root", new: text)
    }

    /// - Parameter file: `old` before, and never anything but that or `new`.
    private func killEachWriter(
        of plan: ResourcePlan, on host: TestSession, file: String, owner: String, new: String
    ) async throws {
        let action = try #require(plan.action)
        try await host.send(try await Self.killat(), to: "/usr/local/bin/killat", mode: "755")
        let script = action.script.withExposed { "umask 022; cd /; export LC_ALL=C\n(\n\($0)\n)" }
        try await host.send(Array(script.utf8), to: "/root/script", mode: "600")
        try await host.send(Array(new.utf8), to: "/root/new", mode: "600")
        let said = try await host.host.inspect(
            Self.loop.replacing("FILE", with: file).replacing("OWNER", with: owner))
        let text = said.outputText
        #expect(said.exit.isSuccess, "\(text)\(said.errorText)")
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.dropLast() == [], "\(text)")
        let count = try #require(lines.last.flatMap { Int($0) }, "\(text)\(said.errorText)")
        print("killed \(count) writers on the way to \(file)")
        #expect(count > 5)
    }

    /// Prints what went wrong, and how often somebody was killed.
    private static let loop = """
        number=0
        mkdir -p -m 700 /var/lib/finflow
        while :; do
          number=$((number + 1))
          rm -f FILE /root/half
          echo old >FILE
          chown OWNER: FILE
          killat caller $number /root/report sh </root/script >/root/said 2>&1
          status=$?
          read -r verdict rest </root/report
          if cmp -s FILE /root/new; then now=new
          elif [ "$(cat FILE)" = old ]; then now=old
          else echo "half after: $rest"; fi
          [ $status != 0 ] || [ $now = new ] || echo "success without it after: $rest"
          [ "$verdict" = killed ] || break
        done
        # The last one was not disturbed.
        [ $status = 0 ] || { echo "failed by itself: $(tail -n 3 /root/said)"; }
        find /run /root /home /var/lib/finflow -name '.finflow-*'
        echo $((number - 1))
        """

    /// Built for a host that has no Swift: as SwiftPM links it, it wants Swift's libraries.
    private static func killat() async throws -> [UInt8] {
        let directory = TemporaryDirectory()
        let source = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let built = try await ChildProcess.collect(
            Command(
                "sh",
                [
                    "-c",
                    "compiler=$(command -v cc || command -v clang) && \"$compiler\" -o \"$1\" \"$2\"",
                    "sh", directory("killat"), "/\(source)/KillAt/main.c",
                ]))
        try #require(built.exit.isSuccess, "\(built.errorText)")
        return try #require(TemporaryDirectory.read(directory("killat")))
    }
}

extension TestSession {
    fileprivate func send(_ bytes: [UInt8], to path: String, mode: String) async throws {
        let ssh = Command(
            "ssh",
            [
                "-F", host.site.sshConfigFile, "-l", "root", host.name,
                "cat >\(path) && chmod \(mode) \(path)",
            ])
        let sent = try await ChildProcess.collect(ssh, input: bytes)
        try #require(sent.exit.isSuccess, "\(sent.errorText)")
    }
}
