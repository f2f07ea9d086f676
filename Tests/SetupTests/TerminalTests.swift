import Loop
import Testing

/// What is seen on a terminal: util-linux' script(1) makes one.
@Suite struct TerminalTests {
    private static let role = """
        tasks:
          - id: wide
            command: { run: "true 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 and so on and on and on", always: true }
          - id: fails
            command: { run: "echo why >&2; test {{ host.name }} != h1", always: true }
          - id: behind
            after: [fails]
            file: { path: "ROOT/{{ host.name }}", content: x }
        """

    private func onTerminal(
        _ program: Program, columns: Int, rows: Int = 12, _ words: String, variables: String = ""
    ) async throws -> Program.Outcome {
        try await program.shell(
            """
            export TERM=xterm \(variables)
            script -qefc "stty cols \(columns) rows \(rows); '$0' \(words)" /dev/null
            """)
    }

    /// The lines that the live view drew, without colours.
    private func drawn(_ output: String) -> [String] {
        plain(output).split(separator: "\u{1B}[K").map { part in
            part.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
        }.dropLast().map { line in
            // What moved the cursor there.
            line.split(separator: "\u{1B}[J").last.map(String.init) ?? ""
        }
    }

    /// Without colours.
    private func plain(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "\u{1B}[") {
            let end = rest[start.upperBound...].firstIndex { $0.isLetter } ?? rest.endIndex
            let isColour = end < rest.endIndex && rest[end] == "m"
            let next = end < rest.endIndex ? rest.index(after: end) : end
            result += rest[..<(isColour ? start.lowerBound : next)]
            rest = rest[next...]
        }
        return result + rest
    }

    @Test(arguments: [20, 40, 80, 200])
    func `no line of the live view is wider than the terminal`(columns: Int) async throws {
        let hosts = (1...20).map { "h\($0)" }
        try await Program.withLocalRole(Self.role, hosts: hosts) { program, _ in
            let run = try await onTerminal(program, columns: columns, "setup")
            #expect(run.status == 3)
            let lines = drawn(run.output)
            #expect(lines.count > 2)
            for line in lines {
                let text = line.drop { $0 == "\r" || $0 == "\n" }
                let width = text.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x4E00 ? 2 : 1) }
                // What moves the cursor up is no text.
                let moves = text.contains("\u{1B}") ? 8 : 0
                #expect(width - moves < columns, "\(width): \(text.debugDescription)")
            }
        }
    }

    @Test func `failures are seen at once, a summary last, and the cursor stays visible`()
        async throws
    {
        try await Program.withLocalRole(Self.role, hosts: ["h1", "h2"]) { program, _ in
            let run = try await onTerminal(program, columns: 80, "setup")
            let text = plain(run.output)
            #expect(text.contains("| why"))
            #expect(text.contains("1 task failed on h1."))
            #expect(text.contains("Left out because h1/test/fails failed: 1 task"))
            let last = text.split(whereSeparator: \.isNewline).last ?? ""
            #expect(last.contains("go on with:  finflowctl setup --env local"))
            #expect(!run.output.contains("\u{1B}[?25l"))
        }
    }

    @Test func `NO_COLOR takes the colours, and a dumb terminal gets plain lines`() async throws {
        try await Program.withLocalRole(Self.role, hosts: ["h1", "h2"]) { program, _ in
            let live = try await onTerminal(program, columns: 80, "setup")
            #expect(live.output.contains("\u{1B}[31m"))
            let uncoloured = try await onTerminal(
                program, columns: 80, "setup", variables: "NO_COLOR=1")
            #expect(uncoloured.output.contains("\u{1B}[K"))
            #expect(!uncoloured.output.contains("m\u{1B}") && !uncoloured.output.contains("[31m"))
            let dumb = try await onTerminal(program, columns: 80, "setup", variables: "TERM=dumb")
            #expect(!dumb.output.contains("\u{1B}"))
            let piped = try await program.run("setup")
            #expect(!(piped.output + piped.error).contains("\u{1B}"))
        }
    }
}
