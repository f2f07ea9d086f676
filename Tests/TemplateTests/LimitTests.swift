import Template
import Testing
import Vocabulary

/// Hostile input ends with a diagnostic, whatever it tries to exhaust.
struct LimitTests {
    private static func many(_ text: String, _ count: Int = 100_000) -> String {
        String(repeating: text, count: count)
    }

    private static let bottomless: [String] = [
        "{{ \(many("("))", "{{ \(many("(")) }}", "{{ \(many("[")) }}", "{{ \(many("not "))a }}",
        "{{ \(many("- "))1 }}", "{{ \(many("{'a':")) }}", "{{ 1\(many("~ 1")) }}",
        "{{ 1\(many("|abs")) }}", "{{ a\(many(".a")) }}", "{{ 1\(many(" if 1 else 1")) }}",
        many("{% if true %}"), many("{% for x in [1] %}"), many("{{ "), many("{% raw %}", 10_000),
    ]

    // By number: the texts are too long to be printed.
    @Test(arguments: bottomless.indices)
    func `nesting without end is refused when it is parsed`(_ number: Int) {
        #expect(throws: Diagnostics.self) {
            try TextTemplate.parse(Self.bottomless[number], at: TextOrigin(file: "t"))
        }
    }

    private static let boundless: [String] = [
        "{% set a = 'x' %}\(many("{% set a = a ~ a %}", 60)){{ a }}",
        "{% set a = 1 %}\(many("{% set a = [a] %}", 1000)){{ a | to_json }}",
        "{% set a = 1 %}\(many("{% set a = [a, a] %}", 60)){{ a | to_json }}",
        "{% set a = 1 %}\(many("{% set a = [a, a] %}", 60)){{ a == a }}",
        "{% set a = [1] %}\(many("{% set a = a + a %}", 60))",
        "{{ range(10000000000) | length }}", "{{ range(9223372036854775806, 0, -1) | sum }}",
        "{% for i in range(9000) %}{% for j in range(9000) %}{{ j }}{% endfor %}{% endfor %}",
        "{{ 'a\\nb' | indent(9223372036854775807) }}",
        "{{ [[1]] | to_json(indent=9000000000000) }}",
        "{{ range(100000) | join('\(many("x", 10_000))') }}",
        "{% set b = '\(many("x"))' %}{{ b | replace('x', b) }}",
        "{% for i in range(1000000) %}{{ '\(many("y", 5000))' }}{% endfor %}",
    ]

    @Test(arguments: boundless.indices)
    func `work and text without end are cut off`(_ number: Int) throws {
        let template = try TextTemplate.parse(
            Self.boundless[number], at: TextOrigin(file: "t"))
        let error = #expect(throws: Diagnostics.self) {
            try template.render(in: Scope(), limits: RenderLimits(steps: 300_000))
        }
        #expect(error?.all.last?.code == .templateLimit)
    }

    @Test func `the deepest template that is accepted renders`() throws {
        let inner = "\(Self.many("(", 20))\(Self.many("not ", 20))x\(Self.many(")", 20))"
        let long = "1\(Self.many(" + 1", 126))"
        let text =
            Self.many("{% for x in [[1]] %}{% if \(inner) or true %}", 32) + "{{ \(long) }}"
            + Self.many("{% endif %}{% endfor %}", 32)
        #expect(try render(text) == "127")
    }

    @Test func `a limit of text counts bytes`() throws {
        let template = try TextTemplate.parse("0123456789", at: TextOrigin(file: "t"))
        let ten = RenderLimits(text: ByteCount(10))
        #expect(try template.render(in: Scope(), limits: ten) == "0123456789")
        #expect(throws: Diagnostics.self) {
            try template.render(in: Scope(), limits: RenderLimits(text: ByteCount(9)))
        }
    }

    @Test func `the standard limits leave room for a large configuration`() throws {
        let text = try render(
            "{% for i in range(20000) %}server app-{{ i }}:{{ 8000 + i }} weight={{ i % 7 }}\n"
                + "{% endfor %}")
        #expect((text.string?.utf8.count ?? 0) > 500_000)
    }

    @Test func `as many problems as anyone reads are reported, not more`() {
        let text = (0..<5000).map { "{{ n\($0) }}" }.joined()
        #expect(problems(text).count == 100)
    }
}
