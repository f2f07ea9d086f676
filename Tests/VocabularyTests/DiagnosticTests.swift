import Testing
import Vocabulary

@Suite struct DiagnosticTests {
    private static let code = Diagnostic.Code("FF0001", "a test", explanation: "None.")
    private let text = "role: common\ntasks:\n\t- mod: \"0644\"\n"

    private func place(_ line: Int, _ column: Int, _ end: Int) -> SourcePlace {
        SourcePlace(
            file: "role.yaml", start: .init(line: line, column: column),
            end: .init(line: line, column: end))
    }

    @Test func `the caret stands under the words it means, behind a tab too`() {
        let diagnostic = Diagnostic(
            Self.code, "unknown key `mod`", at: place(3, 4, 7), hint: "did you mean `mode`?",
            help: "See the reference.")
        #expect(
            diagnostic.rendered { _ in text } == """
                error[FF0001]: unknown key `mod`
                  --> role.yaml:3:4
                  |
                3 | \t- mod: "0644"
                  | \t  ^^^ did you mean `mode`?
                   = help: See the reference.
                """)
    }

    @Test func `a place beyond the text still renders`() {
        let diagnostic = Diagnostic(Self.code, "ends too early", at: place(9, 80, 81))
        #expect(diagnostic.rendered { _ in text }.contains("role.yaml:9:80"))
        let behind = Diagnostic(Self.code, "ends too early", at: place(1, 80, 81))
        #expect(behind.rendered { _ in text }.contains("^"))
    }

    @Test func `what an input says cannot move the cursor`() {
        let hostile = Diagnostic(Self.code, "bad", at: place(1, 1, 2))
        let named = Diagnostic(
            Self.code, "bad", at: SourcePlace(file: "templates/\u{1B}[2Jx", line: 1, column: 1))
        #expect(named.rendered { _ in nil }.contains("templates/\\u{1b}[2Jx:1:1"))
        let rendered = hostile.rendered { _ in "\u{1B}[2J\u{202E}x" }
        #expect(!rendered.unicodeScalars.contains("\u{1B}"))
        #expect(!rendered.unicodeScalars.contains("\u{202E}"))
    }

    @Test func `all diagnostics come in the order of the text, each once`() {
        let late = Diagnostic(Self.code, "late", at: place(3, 1, 2))
        let early = Diagnostic(Self.code, "early", at: place(1, 1, 2))
        let nowhere = Diagnostic(Self.code, "nowhere")
        let sorted = Diagnostics([late, nowhere, early, late]).sorted
        #expect(sorted.map(\.message) == ["nowhere", "early", "late"])
    }
}

@Suite struct CollectingTests {
    private static let code = Diagnostic.Code("FF0001", "a test", explanation: "None.")

    private func problem(_ number: Int) -> Diagnostics {
        Diagnostics([Diagnostic(Self.code, "bad \(number)")])
    }

    @Test func `all that is wrong with the parts is thrown, in their order`() throws {
        let halves = try [2, 4].mapCollecting { number throws(Diagnostics) in
            guard number % 2 == 0 else { throw problem(number) }
            return number / 2
        }
        #expect(halves == [1, 2])
        do {
            _ = try (1...5).mapCollecting { number throws(Diagnostics) in
                guard number % 2 == 0 else { throw problem(number) }
                return number / 2
            }
            Issue.record("nothing was thrown")
        } catch {
            #expect(error.all.map(\.message) == ["bad 1", "bad 3", "bad 5"])
        }
    }
}
