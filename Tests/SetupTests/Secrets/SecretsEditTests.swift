import FoundationEssentials
import Glibc
import Loop
import Testing

/// `finflowctl secrets edit` with an editor that is a script.
@Suite struct SecretsEditTests {
    /// - Parameter script: what the editor does, with the file in `$1` and the program in `$P`.
    private func edit(
        _ vault: Vault, _ script: String, _ more: String = ""
    ) async throws -> Program.Outcome {
        try write(["editor": "#!/bin/bash\n\(script)\n"], below: vault.root)
        #expect(chmod("\(vault.root)/editor", 0o755) == 0)
        return try await vault.shell(
            "P=\"$0\" EDITOR='\(vault.root)/editor' \"$0\" secrets edit \(more) </dev/null")
    }

    private func leftovers() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/dev/shm")) ?? [])
            .filter { $0.hasPrefix("finflow-edit.") }
    }

    @Test func `what changed gets a new version, in memory that only its owner can read`()
        async throws
    {
        try await Vault.open { vault in
            _ = try await vault.set("a", "one")
            _ = try await vault.set("b", "two")
            let same = try await edit(vault, ":")
            #expect(same.status == 0 && same.error.contains("Nothing changed"))
            let edited = try await edit(
                vault,
                """
                stat -c '%a %U' "$1" "$(dirname "$1")" >'\(vault.root)/seen'
                stat -f -c %T "$1" >>'\(vault.root)/seen'; echo "$1" >>'\(vault.root)/seen'
                sed -i 's/^b: .*/b: three/' "$1"; echo 'c: "new"' >>"$1"; touch "$1.swp"
                """)
            #expect(
                edited.status == 0 && edited.error.contains("b@2, c@1, serial 3"), "\(edited.error)"
            )
            let seen = try String(contentsOf: URL(filePath: "\(vault.root)/seen"), encoding: .utf8)
                .split(separator: "\n")
            #expect(seen[0].hasPrefix("600 ") && seen[1].hasPrefix("700 ") && seen[2] == "tmpfs")
            #expect(
                access(
                    String(seen[3].split(separator: "/").dropLast().joined(separator: "/")), F_OK)
                    != 0)
            #expect(try await vault.get("b") == "three")
            #expect(
                try await vault.run("list").lines.map { $0.prefix(4) } == ["a  1", "b  2", "c  1"])
            let removed = try await edit(vault, "sed -i '/^a:/d' \"$1\"")
            #expect(removed.error.contains("a removed"))
            #expect(try await vault.get("a") == nil)
            #expect(try await vault.set("a", "back").error.contains("a@2"))
        }
    }

    @Test func `errors are told by line, nothing is written, and the text is kept encrypted`()
        async throws
    {
        try await Vault.open { vault in
            _ = try await vault.set("a", "one")
            let before = try vault.bytes()
            let wrong = try await edit(vault, "printf 'x: 0123\\nY: hunter2\\nz: [1]\\n' >>\"$1\"")
            #expect(wrong.status == 1)
            for place in ["<edited text>:7:", "FF1412"] { #expect(wrong.error.contains(place)) }
            #expect(!wrong.error.contains("hunter2") && !wrong.error.contains("0123"))
            #expect(try vault.bytes() == before)
            let kept = try #require(try vault.files().first { $0.hasPrefix("unsaved-edit-") })
            let again = try await edit(
                vault, "sed -i '/^[xz]:/d; s/^Y:/y:/' \"$1\"", "--from '\(vault.directory)/\(kept)'"
            )
            #expect(again.status == 0 && again.error.contains("y@1"), "\(again.error)")
            #expect(try await vault.get("y") == "hunter2")
            let failed = try await edit(vault, "exit 3")
            #expect(failed.status == 1 && failed.error.contains("status 3"))
        }
    }

    @Test func `somebody else's change of another credential is kept, of the same one it wins`()
        async throws
    {
        try await Vault.open { vault in
            _ = try await vault.set("a", "one")
            _ = try await vault.set("b", "two")
            let merged = try await edit(
                vault, "printf other | \"$P\" secrets set b; sed -i 's/^a: .*/a: mine/' \"$1\"")
            #expect(merged.status == 0, "\(merged.error)")
            #expect(try await vault.get("a") == "mine")
            #expect(try await vault.get("b") == "other")
            let lost = try await edit(
                vault, "printf theirs | \"$P\" secrets set a; sed -i 's/^a: .*/a: ours/' \"$1\"")
            #expect(lost.status == 1 && lost.error.contains("FF1408"))
            #expect(lost.error.contains("`a` was changed to version 3 by "))
            #expect(try await vault.get("a") == "theirs")
            let kept = try #require(try vault.files().first { $0.hasPrefix("unsaved-edit-") })
            let text = try await ChildProcess.collect(
                Command("age", ["-d", "-i", vault.identity, "\(vault.directory)/\(kept)"]))
            #expect(text.outputText.contains("a: ours"))
        }
    }

    @Test func `a signal takes the text away`() async throws {
        try await Vault.open { vault in
            _ = try await vault.set("a", "one")
            try write(
                [
                    "editor":
                        "#!/bin/bash\necho \"$1\" >'\(vault.root)/where'\nread x <'\(vault.root)/wait'\n"
                ], below: vault.root)
            #expect(chmod("\(vault.root)/editor", 0o755) == 0)
            #expect(mkfifo("\(vault.root)/wait", 0o600) == 0)
            #expect(mkfifo("\(vault.root)/where", 0o600) == 0)
            let run = try await vault.shell(
                """
                EDITOR='\(vault.root)/editor' "$0" secrets edit </dev/null & p=$!
                read where <'\(vault.root)/where'; [ -f "$where" ] && echo there
                kill -TERM $p; wait $p; echo "status $?"; [ -e "$(dirname "$where")" ] || echo gone
                echo >'\(vault.root)/wait'
                """)
            #expect(run.output == "there\nstatus 143\ngone\n", "\(run.error)")
        }
    }
}
