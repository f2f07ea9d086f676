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

    private func kept(_ vault: Vault) throws -> [String] {
        try vault.files().filter { $0.hasPrefix("unsaved-edit-") }.map {
            "\(vault.directory)/\($0)"
        }
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

    @Test func `an edit that goes on tramples nothing that others wrote meanwhile`() async throws {
        try await Vault.open { vault in
            for name in ["a", "tls_key", "unused"] { _ = try await vault.set(name, "\(name) one") }
            let lost = try await edit(
                vault,
                """
                for n in a tls_key api_key; do printf "$n theirs" | "$P" secrets set $n; done
                sed -i 's/^a: .*/a: ours/; s/^unused: .*/unused: ours/' "$1"
                """)
            #expect(lost.status == 1 && lost.error.contains("FF1408"), "\(lost.error)")
            let from = try #require(try kept(vault).first)
            let before = try vault.bytes()
            let left = try await edit(vault, ":", "--from '\(from)'")
            #expect(left.status == 1 && left.error.contains("`a` too"), "\(left.error)")
            #expect(try vault.bytes() == before && kept(vault) == [from])
            let saved = try await edit(
                vault,
                """
                cp "$1" '\(vault.root)/seen'; sed -i '/CONFLICT/,/theirs/d' "$1"
                """, "--from '\(from)'")
            #expect(saved.status == 0 && saved.error.contains("a@3, unused@2"), "\(saved.error)")
            let seen = try String(contentsOf: URL(filePath: "\(vault.root)/seen"), encoding: .utf8)
            #expect(seen.contains("# CONFLICT: `a` was changed to version 2 by "))
            #expect(seen.contains("#   theirs: \"a theirs\"\n"))
            for (name, value) in [
                "a": "ours", "unused": "ours", "tls_key": "tls_key theirs",
                "api_key": "api_key theirs",
            ] { #expect(try await vault.get(name) == value) }
            #expect(try kept(vault).isEmpty, "it is saved")
        }
    }

    @Test func `no failure loses the text`() async throws {
        try await Vault.open { vault in
            _ = try await vault.set("a", "one")
            let change = "sed -i 's/^a: .*/a: two/' \"$1\""
            let list = "\(vault.directory)/recipients.txt"
            let foreign = try await edit(
                vault,
                "\(change); cp '\(list)' '\(list).old'; age-keygen 2>/dev/null | "
                    + "age-keygen -y >>'\(list)'")
            #expect(foreign.status == 65 && foreign.error.contains("FF1410"), "\(foreign.error)")
            let first = try #require(try kept(vault).first)
            #expect(foreign.error.contains("--from \(first)"))
            // Nobody edits for nothing.
            let refused = try await edit(vault, "touch '\(vault.root)/started'")
            #expect(refused.status == 65 && refused.error.contains("FF1410"))
            #expect(access("\(vault.root)/started", F_OK) != 0)
            #expect(rename("\(list).old", list) == 0)
            let crashed = try await edit(vault, "\(change); kill -SEGV $$")
            #expect(crashed.status == 1 && crashed.error.contains("The text is kept"))
            #expect(try kept(vault).count == 2)
            let saved = try await edit(vault, ":", "--from '\(first)'")
            #expect(saved.status == 0 && saved.error.contains("a@2"), "\(saved.error)")
        }
    }

    @Test func `where nothing can be kept the text stays in memory, and goes on from there`()
        async throws
    {
        try await Vault.open { vault in
            _ = try await vault.set("a", "one")
            let away = "\(vault.root)/away"
            let failed = try await edit(
                vault, "sed -i 's/^a: .*/a: two/' \"$1\"; mv '\(vault.directory)' '\(away)'")
            #expect(failed.status == 1, "\(failed.error)")
            let word = failed.error.split(whereSeparator: \.isWhitespace).first {
                $0.hasPrefix("/dev/shm/finflow-unsaved.")
            }
            let path = try #require(word.map(String.init))
            #expect(rename(away, vault.directory) == 0)
            // It outlives the next edit, which sweeps what killed ones left.
            #expect(try await edit(vault, ":").status == 0)
            var information = stat()
            #expect(stat(path, &information) == 0 && information.st_mode & 0o777 == 0o600)
            let saved = try await edit(vault, ":", "--from '\(path)'")
            #expect(saved.status == 0 && saved.error.contains("a@2"), "\(saved.error)")
            #expect(try await vault.get("a") == "two")
            let directory = path.split(separator: "/").dropLast().joined(separator: "/")
            #expect(access("/\(directory)", F_OK) != 0)
        }
    }

    @Test func `vim keeps nothing, whatever it is called`() async throws {
        try await Vault.open { vault in
            _ = try await vault.set("a", "one")
            let seen = "\(vault.root)/seen"
            try write(
                [
                    "bin/vim.basic": "#!/bin/sh\necho \"$*\" >'\(seen)'\n",
                    "bin/sensible-editor": "#!/bin/sh\necho \"$VIMINIT\" >'\(seen)'\n",
                ], below: vault.root)
            for name in ["vim.basic", "sensible-editor"] {
                #expect(chmod("\(vault.root)/bin/\(name)", 0o755) == 0)
            }
            for name in ["vi", "editor"] {
                #expect(symlink("vim.basic", "\(vault.root)/bin/\(name)") == 0)
            }
            for editor in ["vi", "editor -R", "\(vault.root)/bin/vi", "sensible-editor"] {
                let run = try await vault.shell(
                    "PATH='\(vault.root)/bin':$PATH EDITOR='\(editor)' \"$0\" secrets edit")
                #expect(run.status == 0, "\(run.error)")
                let told = try String(contentsOf: URL(filePath: seen), encoding: .utf8)
                #expect(told.contains("noundofile nobackup"), "\(editor): \(told)")
                #expect(told.contains("-i NONE") || told.contains("set viminfo= |"), "\(editor)")
            }
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
