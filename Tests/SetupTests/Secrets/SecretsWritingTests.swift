import Glibc
import Loop
import Testing

/// Writers that meet, and writers that die: `secrets.age` is old or new, and whole.
@Suite struct SecretsWritingTests {
    private static let isLong = getenv("FINFLOW_LONG").map { String(cString: $0) } == "1"

    @Test func `of writers at the same time none loses what another wrote`() async throws {
        try await Vault.open { vault in
            let count = Self.isLong ? 30 : 8
            try await withThrowingTaskGroup(of: Program.Outcome.self) { group in
                for number in 1...count {
                    group.addTask { try await vault.set("c\(number)", "value \(number)") }
                }
                for try await outcome in group { #expect(outcome.status == 0, "\(outcome.error)") }
            }
            let list = try await vault.run("list", "--json")
            #expect(list.lines.count == count + 1)
            #expect(list.lines.first?.contains("\"serial\":\(count)") == true)
            for number in 1...count {
                #expect(try await vault.get("c\(number)") == "value \(number)")
            }
            #expect(try vault.files() == ["environment.yaml", "recipients.txt", "secrets.age"])
        }
    }

    @Test func `recipients that are added while others write are all kept`() async throws {
        try await Vault.open { vault in
            _ = try await vault.set("a", "one")
            let add = "\"$0\" secrets recipients add \"$(age-keygen 2>/dev/null | age-keygen -y)\""
            let run = try await vault.shell(
                """
                for n in 1 2 3 4; do
                    \(add) || echo lost & printf $n | "$0" secrets set b$n || echo lost &
                done; wait
                """)
            #expect(!run.output.contains("lost"), "\(run.error)")
            #expect(try await vault.run("recipients").lines.count == 5)
            let list = try await vault.run("list", "--json")
            #expect(list.lines.count == 6 && list.lines[0].contains("\"serial\":9"))
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can be two users"))
    func `a lock that another user's killed run left is nobody's`() async throws {
        try await Vault.open { vault in
            let other = "setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent"
            let key = "$(age-keygen 2>/dev/null | age-keygen -y)"
            let run = try await vault.shell(
                """
                chmod 0777 '\(vault.directory)'; chmod 0755 '\(vault.root)'
                strace -f -qqo /dev/null -e trace=rename -e inject=rename:signal=KILL \
                    "$0" secrets recipients add "\(key)"
                [ -e '\(vault.directory)/.secrets.age.lock' ] && echo left
                \(other) "$0" secrets recipients add "\(key)"; echo "status $?"
                [ -e '\(vault.directory)/.secrets.age.lock' ] || echo gone
                """)
            #expect(run.output == "left\nstatus 0\ngone\n", "\(run.error)")
            #expect(try await vault.run("recipients").lines.count == 2)
        }
    }

    /// Tools/prepare --tests installs it.
    private struct NoStrace: Error {}

    /// What changes something on a disk.
    private static let calls = [
        "openat", "write", "fchmod", "fsync", "rename", "unlink", "flock", "ftruncate", "link",
        "close",
    ]

    @Test(.timeLimit(.minutes(60)))
    func `a writer killed at any system call leaves the old file or the new one`() async throws {
        guard access("/usr/bin/strace", X_OK) == 0 else {
            throw NoStrace()
        }
        try await Vault.open { vault in
            let own = try await vault.run("recipients").output.split(separator: "\n")[0]
            var (kills, finished) = (0, 0)
            for command in [
                "printf %s \"$1\" | $S \"$0\" secrets set a", "$S \"$0\" secrets rekey",
            ] {
                for call in Self.calls {
                    var point = 1
                    var misses = 0
                    while misses == 0 {
                        let value = "value \(command.count) \(call) \(point)"
                        _ = try await vault.set("a", "old")
                        let run = try await vault.shell(
                            """
                            set -- '\(value)'
                            S='strace -f -qq -o /dev/null -e trace=\(call)'
                            S="$S -e inject=\(call):signal=KILL:when=\(point)"
                            \(command)
                            """)
                        let opened = try await vault.opened()
                        #expect(opened.status == 0, "\(call) \(point): \(opened.error)")
                        let isWhole =
                            opened.output.contains("value: \"\(value)\"")
                            || opened.output.contains("value: \"old\"")
                        #expect(isWhole, "\(call) \(point): \(opened.output)")
                        let recipients = try await vault.run("recipients").output
                        #expect(recipients == "\(own)\n", "\(call) \(point)")
                        if run.status == 0 {
                            misses += 1
                            finished += 1
                        } else {
                            kills += 1
                        }
                        // A call that a program makes often while it starts: a sample of them.
                        point += Self.isLong || point < 3 ? 1 : 23
                        if !Self.isLong, point > 60 { break }
                    }
                }
            }
            let last = try await vault.set("a", "end")
            #expect(last.status == 0)
            #expect(try vault.files() == ["environment.yaml", "recipients.txt", "secrets.age"])
            #expect(kills > 20)
            print("secrets.age: \(kills) writers were killed, \(finished) came to their end")
        }
    }
}
