import Testing
import Vocabulary

@testable import YAML

@Suite("Bad YAML is refused with its place")
struct BadYAMLTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var text: String
        var code: String
        var line: Int
        var column: Int
        var message: String
        var hint: String?

        init(
            _ text: String, _ code: String, _ line: Int, _ column: Int, _ message: String,
            hint: String? = nil
        ) {
            (self.text, self.code, self.line, self.column) = (text, code, line, column)
            (self.message, self.hint) = (message, hint)
        }

        var testDescription: String { text.visible }
    }

    @Test(
        "one thing wrong, one diagnostic",
        arguments: [
            Case(
                "a:\n\t- b", "FF0101", 2, 1, "a tab where only spaces may stand",
                hint: "indent with spaces"),
            Case(
                "a: b: c", "FF0101", 1, 5, "a `:` that begins no value",
                hint: "put a text that contains `: ` in quotes"),
            Case(
                "a: 1\n b: 2", "FF0101", 2, 3, "a `:` that begins no value",
                hint: "put a text that contains `: ` in quotes"),
            Case(
                "a:\n    b: 1\n  c: 2", "FF0101", 3, 3, "this line does not fit the lines above",
                hint: "is the indentation right?"),
            Case("a: [1, 2", "FF0101", 2, 1, "the list in `[ ]` goes wrong here"),
            Case("a: \"b\nc: d", "FF0101", 2, 5, "the file ends inside a text", hint: "close it"),
            Case(
                "a: @b", "FF0101", 1, 4, "a value cannot begin with `@`", hint: "put it in quotes"),
            Case(
                "a: {{ x }}", "FF0101", 1, 4, "a template outside quotes",
                hint: "quote the whole value: \"{{ … }}\""),
            Case(
                "a: {{ x }}/b", "FF0101", 1, 4, "a template outside quotes",
                hint: "quote the whole value: \"{{ … }}\""),
            Case(
                #"a: "\d""#, "FF0101", 1, 5, "an unknown escape in a text in double quotes",
                hint: #"write `\\` for a backslash"#),
            Case("a: x\0", "FF0102", 1, 5, "a NUL character: the file is not text"),
            Case(
                "a: \u{1B}[0m", "FF0102", 1, 4, "the invisible character U+001B",
                hint: "remove it, or write `\\u001B` in quotes"),
            Case(
                "a: b\rc: d", "FF0102", 1, 5, "a carriage return that ends no line",
                hint: "save the file with Unix line ends"),
            Case(
                "a: b\u{2028}", "FF0102", 1, 5, "the invisible character U+2028",
                hint: "remove it, or write `\\u2028` in quotes"),
            Case("a: \"\\0\"", "FF0102", 1, 4, "a text with a NUL character"),
            Case("a: 1\nb: 2\na: 3", "FF0103", 3, 1, "the key `a` stands twice in this mapping"),
            Case("{ a: 1, \"a\": 3 }", "FF0103", 1, 9, "the key `a` stands twice in this mapping"),
            Case(
                "mode: 0644", "FF0104", 1, 7, "the number `0644` begins with a zero",
                hint: "quote it: \"0644\""),
            Case(
                "[-01]", "FF0104", 1, 2, "the number `-01` begins with a zero",
                hint: "quote it: \"-01\""),
            Case(
                "n: 99999999999999999999", "FF0104", 1, 4,
                "the number `99999999999999999999` does not fit in 64 bits",
                hint: "quote it if it is a text"),
            Case(
                "a: &name 1\nb: *nam", "FF0105", 2, 4, "the alias `*nam` has no `&nam` before it",
                hint: "did you mean `*name`?"),
            Case("a: &a [*a]", "FF0105", 1, 8, "the alias `*a` stands inside what it stands for"),
            Case("<<: 1", "FF0105", 1, 5, "`<<` takes a mapping or a list of mappings"),
            Case(
                "a: !vault x", "FF0106", 1, 4, "the tag `!vault` is not known here",
                hint: "secrets stand in secrets.age"),
            Case(
                "a: !!python/object x", "FF0106", 1, 4,
                "the tag `!!python/object` is not known here", hint: "remove it"),
            Case("[a, b]: c", "FF0106", 1, 1, "a key that is not a text"),
            Case(
                "a\n---\nb", "FF0106", 3, 1, "a second document in a file that takes one",
                hint: "remove the `---` before it"),
        ])
    func refused(_ bad: Case) throws {
        let found = problems(in: bad.text)
        let only = try #require(found.first)
        #expect(found.count == 1)
        #expect(only.code.id == bad.code)
        #expect(only.place?.description == "t:\(bad.line):\(bad.column)")
        #expect(only.message == bad.message)
        #expect(only.hint == bad.hint)
    }

    @Test("bytes that are not UTF-8 are refused where they begin")
    func invalidUTF8() {
        let found = Diagnostics.of { () throws(Diagnostics) in
            _ = try YAMLReader().document(Array("é: ".utf8) + [0xC3, 0x28], file: "t")
        }
        #expect(found.first?.code == .notText)
        #expect(found.first?.place?.description == "t:1:4")
    }

    @Test("a duplicate key names both places")
    func duplicate() {
        let found = problems(in: "a: 1\nb: 2\na: 3")
        #expect(found.first?.related.map(\.place.description) == ["t:1:1"])
    }

    @Test("everything that is wrong is reported at once")
    func all() {
        let found = problems(in: "a: 01\na: 02\nb: *none\n")
        #expect(found.map(\.code.id) == ["FF0104", "FF0104", "FF0103", "FF0105"])
    }

    @Test("aliases that multiply are bounded")
    func billionLaughs() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for level in 1..<30 {
            let aliases = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        let found = problems(in: text)
        #expect(found.map(\.code) == [.yamlTooLarge])
    }

    @Test("nesting is bounded, through aliases too")
    func depth() {
        let open = String(repeating: "[", count: 5000)
        #expect(problems(in: open).map(\.code) == [.yamlTooLarge])
        var text = "a0: &a0 [x]\n"
        for level in 1..<80 { text += "a\(level): &a\(level) [*a\(level - 1)]\n" }
        #expect(problems(in: text).map(\.code) == [.yamlTooLarge])
    }

    private func problems(in text: String) -> [Diagnostic] {
        Diagnostics.of { () throws(Diagnostics) in
            _ = try YAMLReader().document(text, file: "t")
        }
    }
}

extension Diagnostics {
    static func of(_ body: () throws(Diagnostics) -> Void) -> [Diagnostic] {
        do {
            try body()
            return []
        } catch {
            return error.all
        }
    }
}
