import Template
import Testing
import Vocabulary

struct SyntaxTests {
    @Test(arguments: [
        ("{{ name", "FF0301 1:1-1:3 `{{` is never closed (needs `}}`)"),
        ("a\n  {% if x", "FF0301 2:3-2:5 `{%` is never closed (needs `%}`)"),
        ("ü {# note", "FF0301 1:3-1:5 `{#` is never closed (needs `#}`)"),
        ("{% if true %}", "FF0302 1:1-1:6 `{% if %}` is never closed (needs `{% endif %}`)"),
        (
            "x\n{%- for a in [] %}",
            "FF0302 2:1-2:8 `{% for %}` is never closed (needs `{% endfor %}`)"
        ),
        ("{% raw %}x", "FF0302 1:1-1:10 `{% raw %}` is never closed (needs `{% endraw %}`)"),
        ("{% endfor %}", "FF0302 1:1-1:10 `{% endfor %}` closes or continues nothing"),
        ("{% else %}", "FF0302 1:1-1:8 `{% else %}` closes or continues nothing"),
        (
            "{% for a in [] %}{% elif x %}{% endfor %}",
            "FF0302 1:18-1:25 `{% elif %}` closes or continues nothing (needs `{% endfor %}` first)"
        ),
        (
            "{% if true %}{% else %}{% else %}{% endif %}",
            "FF0302 1:24-1:31 `{% else %}` after `{% else %}`"
        ),
        ("{{ }}", "FF0301 1:4-1:6 expected a value but found the end of the tag"),
        ("{{ 1 + }}", "FF0301 1:8-1:10 expected a value but found the end of the tag"),
        ("{{ a b }}", "FF0301 1:6-1:7 expected `}}` but found `b`"),
        ("{{ (1 }}", "FF0301 1:7-1:8 expected `)` but found `}`"),
        ("{{ 'x }}", "FF0301 1:4-1:5 the string is never closed"),
        (
            "{{ '\\q' }}",
            "FF0301 1:5-1:7 the string has an unknown escape (a backslash itself is written `\\\\`)"
        ),
        ("{{ 12ab }}", "FF0301 1:4-1:8 a number ends in letters (a string needs quotes)"),
        (
            "{{ 9223372036854775808 }}",
            "FF0301 1:4-1:23 the number is too large (64-bit integers and doubles)"
        ),
        ("{{ a ? b }}", "FF0301 1:6-1:7 `?` means nothing in an expression"),
        ("{{ é }}", "FF0301 1:4-1:5 `é` means nothing in an expression"),
        ("{{ 1 < 2 < 3 }}", "FF0301 1:10-1:11 comparisons do not chain (write `a < b and b < c`)"),
        ("{{ 2 ** 3 }}", "FF0301 1:6-1:8 there is no `**` (powers are left out on purpose)"),
        (
            "{{ 1 if true }}",
            "FF0301 1:14-1:16 expected `else` but found the end of the tag (what should it be otherwise?)"
        ),
        ("{{ a[1:2] }}", "FF0301 1:7-1:8 there are no slices"),
        ("{{ x | uper }}", "FF0304 1:8-1:12 there is no filter `uper` (did you mean `upper`?)"),
        ("{{ x is strnig }}", "FF0304 1:9-1:15 there is no test `strnig` (did you mean `string`?)"),
        ("{{ rnage(3) }}", "FF0304 1:4-1:9 there is no function `rnage` (did you mean `range`?)"),
        ("{{ x.strip() }}", "FF0304 1:6-1:11 there is no method `strip`"),
        ("{% fro x in y %}", "FF0304 1:4-1:7 there is no statement `fro` (did you mean `for`?)"),
        ("{{ x | join(1, 2, 3) }}", "FF0308 1:19-1:20 too many arguments of `join`"),
        ("{{ x | replace('a') }}", "FF0308 1:8-1:15 `replace` needs its argument `new`"),
        (
            "{{ x | sort(revers=true) }}",
            "FF0308 1:13-1:19 `sort` has no argument `revers` (did you mean `reverse`?)"
        ),
        ("{% set if = 1 %}", "FF0301 1:8-1:10 expected the name of a variable but found `if`"),
        ("{% set a 1 %}", "FF0301 1:10-1:11 expected `=` but found a number"),
        ("{% for a [] %}{% endfor %}", "FF0301 1:10-1:11 expected `in` but found `[`"),
    ])
    func `what is malformed is told with its place`(_ text: String, _ problem: String) {
        #expect(problems(text) == [problem])
    }

    @Test func `every malformed tag of a text is reported`() {
        let text = "{{ 1 + }}\n{% if ) %}\n{{ a | nope }}\n{% endif %}{% endif %}{{ ok }}{{"
        #expect(
            problems(text).map { $0.prefix(10) } == [
                "FF0301 1:8", "FF0301 2:7", "FF0304 3:8", "FF0302 4:1", "FF0301 4:3",
            ])
    }

    @Test func `a condition in braces is told to be without them`() {
        #expect(
            problems { () throws(Diagnostics) in try evaluate("{{ ready }}") }
                == ["FF0301 1:1-1:3 this is an expression already (write it without `{{ }}`)"])
        #expect(
            problems { () throws(Diagnostics) in try evaluate("a b") }
                == ["FF0301 1:3-1:4 expected the end but found `b`"])
    }

    @Test func `places are those of the file that the text stands in`() throws {
        let start = SourcePlace(file: "role.yaml", line: 12, column: 9)
        let block = TextOrigin(start, continuationColumn: 9)
        let error = try #require(throws: Diagnostics.self) {
            try TextTemplate.parse("a {{ x y }}\n{{ 1 + }}", at: block)
        }
        #expect(
            error.sorted.compactMap(\.place?.description)
                == ["role.yaml:12:16", "role.yaml:13:16"])

        let quoted = try TextTemplate.parse("{{ nope }}", at: start)
        let undefined = try #require(throws: Diagnostics.self) { try quoted.render(in: Scope()) }
        #expect(undefined.all.first?.place?.description == "role.yaml:12:12")

        let folded = TextOrigin(file: "f.yaml") { .init(line: $0.line * 10, column: $0.column + 1) }
        let other = try #require(throws: Diagnostics.self) {
            try TextTemplate.parse("\n{{ 1 + }}", at: folded)
        }
        #expect(other.all.first?.place?.description == "f.yaml:20:9")
    }

    @Test func `a rendered diagnostic stands under its mistake`() throws {
        let text = "listen {{ prot }};"
        let template = try TextTemplate.parse(text, at: TextOrigin(file: "nginx.conf"))
        let error = try #require(throws: Diagnostics.self) {
            try template.render(in: scope(["port": 80]))
        }
        #expect(
            error.all.first?.rendered { _ in text } == """
                error[FF0303]: `prot` is not defined
                  --> nginx.conf:1:11
                  |
                1 | listen {{ prot }};
                  |           ^^^^ did you mean `port`?
                """)
    }

    @Test func `codes are this module's and each one is explained`() {
        let codes = TemplateDiagnostics.catalogue
        #expect(Set(codes.map(\.id)).count == codes.count)
        for code in codes {
            #expect(code.id.hasPrefix("FF03"))
            #expect(!code.explanation.isEmpty)
            #expect(code.status == .badInput)
        }
    }
}
