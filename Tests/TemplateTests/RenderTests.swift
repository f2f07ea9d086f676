import Template
import Testing
import Vocabulary

struct RenderTests {
    @Test func `a text that is one whole expression keeps its kind`() throws {
        let values: [String: Value] = ["port": 80, "xs": [1, 2], "flag": false]
        #expect(try render("{{ port }}", values) == 80)
        #expect(try render("{# note #}{{ xs }}", values) == [1, 2])
        #expect(try render("{{ flag }}", values) == false)
        #expect(try render("{{ port }} ", values) == "80 ")
        #expect(try render("{% if true %}{{ port }}{% endif %}", values) == "80")
        #expect(try render("") == "")
        let template = try TextTemplate.parse("{{ port }}", at: TextOrigin(file: "t"))
        #expect(try template.renderText(in: scope(values)) == "80")
    }

    @Test func `all undefined names are reported at once, with their places and the nearest name`()
    {
        let text = """
            {{ prt }} {{ db.hots }}
            {% if missing %}{{ x }}{% endif %}
            {% for y in nowhere %}{{ y ~ z }}{% endfor %}
            {{ "a" | default(typo) }}{{ xs[7] }}
            """
        let values: [String: Value] = ["port": 80, "db": ["host": "h"], "xs": [1]]
        #expect(
            problems(text, values) == [
                "FF0303 1:4-1:7 `prt` is not defined (did you mean `port`?)",
                "FF0303 1:17-1:21 `db` has no key `hots` (did you mean `host`?)",
                "FF0303 2:7-2:14 `missing` is not defined",
                "FF0303 2:20-2:21 `x` is not defined",
                "FF0303 3:13-3:20 `nowhere` is not defined",
                "FF0303 3:30-3:31 `z` is not defined",
                "FF0303 4:18-4:22 `typo` is not defined",
                "FF0303 4:32-4:33 there is no element 7 in a list of 1",
            ])
    }

    @Test func `a missing name is excused by default and is defined, anywhere on its path`() throws
    {
        #expect(try render("{{ a.b.c | default('d') }}") == "d")
        #expect(try render("{{ a.b is defined }}", ["a": 1]) == false)
        #expect(try render("{{ a is defined and a > 3 }}") == false)
        #expect(try render("{{ xs | first | default('none') }}", ["xs": []]) == "none")
        #expect(problems("{{ (a ~ b) | default(1) }}").count == 2)
    }

    @Test func `a branch that is not taken is not evaluated`() throws {
        #expect(try render("{% if off %}{{ nope }}{% endif %}x", ["off": false]) == "x")
    }

    @Test(arguments: [
        ("1 < 'a'", "`<` does not compare an int with a string"),
        ("port == '80'", "`==` does not compare an int with a string"),
        ("80 in ['80']", "the list has no int in it, so `in` can never hold"),
        ("true + 1", "`+` does not take a bool and an int"),
        ("'a' * 2", "`*` does not take a string and an int"),
        ("9223372036854775807 + 1", "the number is beyond 64 bits"),
        ("(0 - 9223372036854775807 - 1) // -1", "the number is beyond 64 bits"),
        ("1 / 0", "division by zero"), ("1.0 % 0", "division by zero"),
        ("1e308 * 10", "the number is beyond a double"),
        ("'x' | int", "a string that is not an int"),
        ("[3] ~ 'a'", "a list has no text"), ("none ~ 'a'", "null has no text"),
        ("'a' | sort", "`sort` takes a list, not a string"),
        ("'%%' | b64decode", "this is not base64"),
        ("{1: 2}", "a key is a string, not an int"),
    ])
    func `kinds are not mixed and nothing overflows`(_ expression: String, _ message: String) {
        let error = #expect(throws: Diagnostics.self) {
            try evaluate(expression, ["port": 80])
        }
        #expect(error?.all.map(\.message) == [message])
    }

    @Test func `Int.min divided by minus one leaves no remainder`() throws {
        #expect(try evaluate("(0 - 9223372036854775807 - 1) % -1") == 0)
    }

    @Test func `a set in a loop does not leave it, one in an if does`() throws {
        #expect(
            try render(
                "{% set n = 0 %}{% for x in [1, 2] %}{% set n = n + x %}{{ n }}{% endfor %}{{ n }}")
                == "120")
        #expect(try render("{% if true %}{% set n = 1 %}{% endif %}{{ n }}") == "1")
    }

    @Test func `pairs of a map can be looped over without a filter`() throws {
        #expect(
            try render("{% for k, v in m %}{{ k }}={{ v }};{% endfor %}", ["m": ["a": 1, "b": 2]])
                == "a=1;b=2;")
    }

    @Test func `a newline behind a tag is removed in files with carriage returns too`() throws {
        #expect(try render("{% if true %}\r\nx\r\n{% endif %}\r\ny") == "x\r\ny")
    }

    @Test func `one template renders with many scopes`() throws {
        let template = try TextTemplate.parse("host {{ name }}", at: TextOrigin(file: "t"))
        for index in 0..<50 {
            #expect(
                try template.render(in: scope(["name": .string("app-\(index)")]))
                    == .string("host app-\(index)"))
        }
    }
}
