import Glibc
import Lab
import LabTraits
import Loop
import Testing

/// A large file on its way to a host: 1 GiB with `FINFLOW_LONG=1`, else a slice of it.
@Suite(.timeLimit(.minutes(30))) struct LargeFileRunTests {
    private static let mebibytes = Slice.isLong ? 1024 : 96

    private static let role = """
        tasks:
          - id: large
            file: { path: /srv/large/file, source: large, mode: "0600" }
            notify: [told]
        handlers:
          - id: told
            command: { run: "sha256sum </srv/large/file >/srv/large/told", always: true }
        """

    /// No piece of it is like another.
    private static let making = """
        mkdir -p "$HOME/../Playbooks/roles/test/files"
        openssl enc -aes-128-ctr -K 00 -iv 00 </dev/zero 2>/dev/null | head --bytes=SIZEM \
            >"$HOME/../Playbooks/roles/test/files/large"
        sha256sum <"$HOME/../Playbooks/roles/test/files/large"
        """

    /// Waits for a part of it, and then keeps it from being more.
    private static let stopping = """
        for try in $(seq 3000); do
          for part in /srv/large/.finflow-*; do
            [ ! -e "$part" ] || [ "$(stat -c %s "$part")" -lt ENOUGH ] ||
              { pkill -STOP -x cat; exit; }
          done
          sleep 0.02
        done
        exit 1
        """

    /// What is written when nobody sends any more is what was sent before.
    private static let settling = """
        pkill -CONT -x cat
        while pgrep -x cat >/dev/null; do sleep 0.02; done
        ls -A /srv/large
        """

    private static let setup = ["setup", "--env", "lab", "--json"]

    @Test(.hosts(1))
    func `it takes no more memory than a small one, and one that was cut is finished`()
        async throws
    {
        let host = LabHost.leased[0]
        _ = try await host.inspect("mkdir /srv/large")
        try await LabPlaybooks.withRole(Self.role, on: [host]) { program in
            let small = try await converge(to: 16, on: host, by: program)
            let large = try await converge(to: Self.mebibytes, on: host, by: program)
            print("\(Self.mebibytes) MiB took \(large) KiB of memory, 16 MiB took \(small) KiB")
            // The pieces that are on their way are as many for any file.
            #expect(large < small * 3 / 2)

            _ = try await host.inspect("rm -r /srv/large; mkdir /srv/large")
            let digest = try await make(Self.mebibytes, for: program)
            _ = try await program.run(Self.setup) { child in
                let enough = String(Self.mebibytes << 19)
                let stopped = try await host.inspect(
                    Self.stopping.replacing("ENOUGH", with: enough))
                try #require(stopped.exit.isSuccess)
                await child.signal(SIGKILL)
            }
            let left = try await host.inspect(Self.settling).outputText
            // Nothing under its own name; what was on the way may be gone already.
            let names = left.split(separator: "\n")
            #expect(names.allSatisfy { $0.hasPrefix(".finflow-") }, "\(left)")
            try await expectConverging(to: digest, on: host, by: program)
        }
    }

    /// - Returns: The most memory that the program had, in KiB.
    private func converge(
        to mebibytes: Int, on host: LabHost, by program: Program
    ) async throws -> Int {
        let digest = try await make(mebibytes, for: program)
        return try await expectConverging(to: digest, on: host, by: program)
    }

    private func make(_ mebibytes: Int, for program: Program) async throws -> String {
        let made = try await program.shell(
            Self.making.replacing("SIZE", with: String(mebibytes)))
        try #require(made.status == 0, "\(made.error)")
        return made.output
    }

    @discardableResult
    private func expectConverging(
        to digest: String, on host: LabHost, by program: Program
    ) async throws -> Int {
        let (run, memory) = try await program.runMeasured(Self.setup)
        #expect(run.status == 0, "\(run.output)\(run.error)")
        #expect(run.changed.count == 2)
        let last = try await program.run(Self.setup)
        #expect(last.status == 0)
        #expect(last.changed == [])
        let found = try await host.inspect(
            """
            sha256sum </srv/large/file
            cat /srv/large/told
            ls -A /srv/large
            find / -xdev -name '.finflow-*'
            """)
        #expect(found.outputText == "\(digest)\(digest)file\ntold\n", "\(found.outputText)")
        return memory
    }
}
