import FoundationEssentials
import Glibc
import Loop
import Testing

/// Another run comes and goes between what a run has seen and what it does.
@Suite(.timeLimit(.minutes(5))) struct OvertakenTests {
    private static let role = """
        vars: { who: a, late: false }
        tasks:
          - id: other
            when: not late
            file: { path: ROOT/other, content: "{{ who }}" }
          - id: late
            when: late
            wait_for: { file: ROOT/go-late, timeout: 5m }
          - id: configuration
            after: [late]
            file: { path: ROOT/configuration, content: "new" }
            notify: [told]
        handlers:
          - id: told
            command: { run: "[ ! -e ROOT/fails ] && echo told >>ROOT/told", always: true }
        """

    @Test func `a handler that was done meanwhile is not done again`() async throws {
        try await Program.withLocalRole(Self.role) { program, root in
            try write(["fails": ""], below: root)
            #expect(try await program.run("setup").status == 1)
            try FileManager.default.removeItem(atPath: "\(root)/fails")
            let late = try await program.run(["setup", "--set", "late=true", "--json"]) { _ in
                try await program.untilItWaits()
                let meanwhile = try await program.run("setup", "--set", "who=b")
                #expect(meanwhile.status == 0, "\(meanwhile.output)\(meanwhile.error)")
                try write(["go-late": ""], below: root)
            }
            #expect(late.status == 0, "\(late.output)\(late.error)")
            #expect(late.changed == [])
            let told = try String(contentsOf: URL(filePath: "\(root)/told"), encoding: .utf8)
            #expect(told == "told\n")
        }
    }
}

extension Program {
    /// Until a run on this machine, started by this value, stands at a `wait_for`: it has observed
    /// all by then.
    func untilItWaits() async throws {
        let waits = try await shell(
            """
            while :; do
              for process in $(pgrep -x sleep); do
                tr '\\0' '\\n' <"/proc/$process/environ" 2>/dev/null | grep -qxF "HOME=$HOME" && exit
              done
              HOME=/ sleep 0.05
            done
            """)
        #expect(waits.status == 0)
    }
}
