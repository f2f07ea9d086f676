import Template
import Testing
import Vocabulary

/// What we accept means what it means in Jinja.
@Suite(.enabled("python3 with jinja2 is installed") { await Jinja.isInstalled() })
struct JinjaComparisonTests {
    static let variables: Value = [
        "port": 8080, "zero": 0, "ratio": 2.5, "name": "payments", "empty": "", "flag": true,
        "off": false, "words": ["delta", "Alpha", "charlie", "bravo", "alpha"],
        "numbers": [3, 1, 2, 10, 3], "none_at_all": [], "text": "  two\nlines here \n",
        "quoted": "it's \"fine\" <&>", "unicode": "Grüße, 世界 🚀", "nothing": .null,
        "db": ["host": "db-1", "port": 5432, "tags": ["a", "b"], "tls": ["on": true]],
        "services": [
            ["name": "auth", "port": 8001, "on": true, "db": ["pool": 5]],
            ["name": "ledger", "port": 8003, "on": false, "db": ["pool": 20]],
            ["name": "credit", "port": 8002, "on": true, "db": ["pool": 10]],
        ],
        "limits": ["soft": 10, "hard": 20], "matrix": [[1, 2], [3, 4]],
    ]

    @Test func `every template of the table renders as Jinja renders it`() async throws {
        let templates = Self.accepted
        let expected = try await Jinja.render(templates, in: Self.variables)
        try #require(expected.count == templates.count)
        for (template, output) in zip(templates, expected) {
            let ours = problemsOrText(template)
            #expect(ours == output, "\(template.visible)")
        }
        print("compared with Jinja2: \(templates.count) templates")
    }

    @Test func `what Jinja refuses, we refuse`() async throws {
        let outputs = try await Jinja.render(Self.refused, in: Self.variables)
        try #require(outputs.count == Self.refused.count)
        for (template, output) in zip(Self.refused, outputs) {
            #expect(output == nil, "\(template)")
            #expect(throws: Diagnostics.self, "\(template)") {
                try TextTemplate.parse(template, at: TextOrigin(file: "t"))
                    .renderText(in: scope(Self.values))
            }
        }
    }

    /// The property behind the table, on templates that nobody thought of: what both accept is
    /// the same. (Jinja chokes on `a is b if c else d`, which we can read.)
    @Test func `random templates that we accept render as in Jinja`() async throws {
        var generator = TemplateGenerator(seed: 20_250_101)
        let templates = (0..<1500).map { _ in generator.template() }
        let outputs = try await Jinja.render(templates, in: Self.variables)
        try #require(outputs.count == templates.count)
        var compared = 0
        for (template, output) in zip(templates, outputs) {
            guard let output,
                let text = try? TextTemplate.parse(template, at: TextOrigin(file: "t"))
                    .renderText(in: scope(Self.values)).string
            else { continue }
            compared += 1
            // Bools inside a text are written otherwise on purpose.
            #expect(text.lowercasedBools == output.lowercasedBools, "\(template.visible)")
        }
        print("random templates compared with Jinja2: \(compared) of \(templates.count)")
        #expect(compared > 300)
    }

    private func problemsOrText(_ template: String) -> String? {
        do {
            return try TextTemplate.parse(template, at: TextOrigin(file: "t"))
                .renderText(in: scope(Self.values)).string
        } catch {
            return error.sorted.map(\.message).joined(separator: "; ")
        }
    }

    static var values: [String: Value] {
        Dictionary(
            uniqueKeysWithValues: (variables.map ?? [:]).map { ($0.key, $0.value) })
    }
}

extension String {
    fileprivate var lowercasedBools: String {
        split(separator: "True", omittingEmptySubsequences: false).joined(separator: "true")
            .split(separator: "False", omittingEmptySubsequences: false).joined(separator: "false")
    }
}

extension JinjaComparisonTests {
    static let accepted: [String] =
        outputs + conditions + loops + whitespace + operators + filters + tests

    private static let outputs = [
        "", "plain", "{{ name }}", "a{{ port }}b{{ name }}c", "{{ db.host }}:{{ db['port'] }}",
        "{{ db.tags[0] }}{{ db.tags[-1] }}{{ matrix[1][0] }}", "{{ 'it\\'s' }}{{ \"a\\tb\\\\\" }}",
        "{{ \"\\u00e9\\x41\" }}", "{{ unicode }}", "{{ ratio }} {{ 1.0 }} {{ 1e16 }} {{ 1e-5 }}",
        "{{ 123456789.125 }} {{ 0.1 + 0.2 }} {{ 1e22 }} {{ 5e-324 }} {{ 100000.0 * 10 }}",
        "{{ flag }} {{ off }} {{ true }} {{ False }}", "{{ {'a': {'b': 1}}.a.b }}",
        "{{ [1, 2, 3][1] }}", "{{ {'a': {'b': 7}}['a']['b'] }}", "{{ name if flag else 'no' }}",
        "{{ 'x' if off else 'y' if zero else 'z' }}", "{# gone #}left{# {{ nope }} #}\nover",
        "{% raw %}{{ not a tag }} {% if %}{% endraw %}\nafter", "{%raw%}\n{{x}}\n{%endraw%}\nb",
        "{{ '{{' }}{{ '%}' }}", "{{ 1_000 }}", "{ {{ port }} }", "}} %} #}", "{", "{{-1}}",
        "{{ loop | default('free') }}",
    ]

    private static let conditions = [
        "{% if flag %}yes{% endif %}",
        "{% if off %}a{% elif port == 8080 %}b{% else %}c{% endif %}",
        "{% if empty %}a{% elif none_at_all %}b{% elif nothing %}c{% elif zero %}d{% else %}e{% endif %}",
        "{% if missing is defined %}a{% else %}b{% endif %}{% if db.host is defined %}c{% endif %}",
        "{% if db.nope is not defined and name is defined %}x{% endif %}",
        "{% if 'pay' in name and 'z' not in name %}in{% endif %}",
        "{% if 'host' in db %}k{% endif %}{% if 3 in numbers %}n{% endif %}",
        "{% if not off and (zero or flag) %}t{% endif %}{{ not flag }}",
        "{{ zero or 'other' }}{{ name and port }}{{ empty or none_at_all or 'last' }}",
        "{% set x = 1 %}{% if flag %}{% set x = 2 %}{% endif %}{{ x }}",
    ]

    private static let loops = [
        "{% for n in numbers %}{{ n }},{% endfor %}",
        "{% for n in numbers %}\n  - {{ n }}\n{% endfor %}\nend",
        "{% for s in services %}{{ loop.index }}/{{ loop.length }} {{ s.name }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "{% for s in services if s.on %}{{ loop.index0 }}{{ s.name }}{{ loop.first }}{% endfor %}",
        "{% for x in none_at_all %}x{% else %}none{% endfor %}",
        "{% for k in limits %}{{ k }}={{ limits[k] }};{% endfor %}",
        "{% for k, v in limits.items() %}{{ k }}={{ v }};{% endfor %}",
        "{% for k, v in limits | items %}{{ k }}={{ v }};{% endfor %}",
        "{% for e in limits | dict2items %}{{ e.key }}:{{ e.value }} {% endfor %}",
        "{% for a, b in matrix %}{{ a * b }} {% endfor %}",
        "{% for row in matrix %}{% for c in row %}{{ loop.revindex }}{{ c }}{% endfor %};{% endfor %}",
        "{% set t = 0 %}{% for n in numbers %}{% set t = t + n %}{{ t }} {% endfor %}{{ t }}",
        "{% for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 1, -2) %}{{ i }}{% endfor %}",
        "{% for x in words %}{% if x == 'Alpha' %}{{ loop.index }}{% endif %}{% endfor %}",
    ]

    private static let whitespace = [
        "a\n{% if flag %}\nb\n{% endif %}\nc\n", "a  {%- if flag -%}  b  {%- endif -%}  c",
        "a {{- name -}} b", "a\n\n{#- c -#}\n\nb", "x{# c #}\ny", "x{{ 1 }}\ny",
        "  {% set a = 1 %}  \n{{ a }}", "{% if flag +%}\nkept\n{% endif %}",
        "a\n{%+ if flag %}b{% endif %}", "{% raw -%}  x  {%- endraw %}\n y", "l1\n\nl2\n\n",
        "{% for n in numbers -%}\n  {{ n }}\n{%- endfor %}", "{%- set q = 'v' -%}\n\n{{ q }}\n",
    ]

    private static let operators = [
        "{{ 7 + 3 * 2 - 1 }}", "{{ (7 + 3) * 2 }}", "{{ 7 / 2 }} {{ 6 / 2 }}",
        "{{ -7 // 2 }} {{ 7 // -2 }}",
        "{{ -7 % 3 }} {{ 7 % -3 }} {{ 7.5 % 2 }} {{ -7.5 // 2 }}", "{{ 1 ~ 'a' ~ 2.5 }}",
        "{{ 'a' ~ 1 * 2 }}", "{{ 'a' + 'b' }}", "{{ ([1] + [2]) | join('-') }}", "{{ 2 - -3 }}",
        "{{ 1 < 2 }}{{ 2 <= 2 }}{{ 'a' < 'b' }}{{ 'B' < 'a' }}{{ 1.5 > 1 }}{{ 1 == 1.0 }}",
        "{{ 9007199254740993 == 9007199254740992.0 }}{{ 9007199254740993 > 9007199254740992.0 }}",
        "{{ [1, [2]] == [1, [2]] }}{{ {'a': 1, 'b': 2} == {'b': 2, 'a': 1} }}{{ nothing == none }}",
        "{{ not 1 == 2 }}{{ 1 != 2 and not 3 in [1] }}", "{{ 4 - 1 - 1 }}{{ 16 // 2 // 2 }}",
        "{{ -port | abs }}{{ - 3 + 5 }}", "{{ 1 if 0 else 2 if 0 else 3 }}",
    ]

    private static let filters = [
        "{{ missing | default('d') }}{{ db.nope | default(port) }}{{ empty | default('e', true) }}",
        "{{ name | upper }}{{ name | capitalize }}{{ 'ÄÖ' | lower }}", "{{ words | join(', ') }}",
        "{{ words | sort | join(' ') }}", "{{ words | sort(case_sensitive=true) | join(' ') }}",
        "{{ numbers | sort(reverse=true) | join(' ') }}", "{{ words | unique | join(' ') }}",
        "{{ numbers | unique | join }}", "{{ services | map(attribute='name') | join(',') }}",
        "{{ services | map(attribute='db.pool') | sum }}{{ numbers | sum }}",
        "{{ services | sort(attribute='port') | map(attribute='name') | join(',') }}",
        "{{ words | map('upper') | join(' ') }}{{ words | map('replace', 'a', '4') | join }}",
        "{{ services | selectattr('on') | map(attribute='name') | join(',') }}",
        "{{ services | rejectattr('port', 'gt', 8001) | map(attribute='name') | join(',') }}",
        "{{ numbers | select('odd') | join }}{{ numbers | reject('gt', 2) | join }}",
        "{{ [0, 1, '', 'a'] | select | join(',') }}",
        "{{ services | selectattr('name', 'equalto', 'auth') | list | length }}",
        "{{ numbers | min }}{{ numbers | max }}{{ words | max }}{{ numbers | length }}{{ db | length }}",
        "{{ words | first }}{{ words | last }}{{ none_at_all | first | default('none') }}",
        "{{ '42' | int + 1 }}{{ ' 7 ' | int }}{{ 'x' | int(5) }}{{ 3.9 | int }}{{ -3.9 | int }}",
        "{{ '2.5' | float }}{{ 2 | float }}{{ port | string ~ '!' }}",
        "{{ 2.5 | round }}{{ 3.5 | round }}{{ 2.675 | round(2) }}{{ 2.1 | round(0, 'ceil') }}{{ 42 | round }}",
        "{{ 1234.5678 | round(2, 'floor') }}{{ -3 | abs }}{{ -2.5 | abs }}",
        "{{ text | trim }}|{{ 'xxaxx' | trim('x') }}|", "{{ text | indent }}",
        "{{ 'a\\nb\\n\\nc' | indent(2, true) }}",
        "{{ 'a\\nb\\n\\nc' | indent(2, blank=true) }}{{ 'a\\nb' | indent('> ') }}",
        "{{ name | replace('p', 'P') }}{{ 'aaa' | replace('a', 'b', 2) }}",
        "{{ unicode | length }}{{ unicode | upper }}",
        "{{ db | to_json }}", "{{ services | to_json(indent=2) }}",
        "{{ quoted | to_json }}{{ none_at_all | to_json(indent=1) }}",
        "{{ quoted | quote }} {{ name | quote }} {{ empty | quote }}",
        "{{ unicode | b64encode }} {{ 'aGk=' | b64decode }}",
        "{{ 'a,b,c' | split(',') | join('|') }}",
        "{{ ' a  b ' | split | join('|') }}{{ text | splitlines | length }}",
        "{{ limits | combine({'hard': 30, 'new': 1}) | to_json }}",
        "{{ db | combine({'tls': {'v': 3}}, recursive=true) | to_json }}",
        "{{ numbers | reverse | join(' ') }}{{ limits | list | join(' ') }}{{ limits.values() | sum }}",
        "{{ (limits | dict2items | items2dict).soft }}", "{{ limits.keys() | sort | join(',') }}",
        "{{ ['b', 'A', 'a', 'B'] | sort | join }}{{ ['b', 'A', 'a'] | min }}",
    ]

    private static let tests = [
        "{{ port is number }}{{ port is integer }}{{ ratio is float }}{{ name is string }}",
        "{{ nothing is none }}{{ flag is boolean }}{{ flag is true }}{{ off is false }}{{ db is mapping }}",
        "{{ 3 is odd }}{{ 4 is even }}{{ 9 is divisibleby 3 }}{{ 9 is divisibleby(2) }}",
        "{{ port is not none and name is not number }}{{ (1 + 1) is odd }}",
        "{{ 3 is gt(2) }}{{ 3 is le 3 }}",
        "{{ missing is undefined }}{{ not missing is defined }}{{ port is eq 8080 }}",
    ]

    static let refused = [
        "{{ missing }}", "{{ db.nope }}", "{% if missing %}x{% endif %}",
        "{% for x in missing %}{% endfor %}",
        "{{ name | default(missing) ~ missing }}", "{{ name | nofilter }}", "{{ name is notest }}",
        "{{ 1 +  }}",
        "{{ name", "{% if flag %}", "{% endif %}", "{% for x in words %}{% endif %}", "{# open",
        "{{ 1 / 0 }}",
        "{{ 7 // 0 }}", "{{ 7 % 0 }}", "{{ 1 < 'a' }}", "{{ 'a' + 1 }}", "{% nope %}", "{% raw %}x",
        "{{ [1, 'a'] | sort }}", "{{ 'x' 'y' }", "{{ (1 }}", "{{ {'a': 1 }}", "{% else %}",
        "{% if a b %}{% endif %}",
        "{{ none_at_all | first }}", "{% for a, b in numbers %}{% endfor %}", "{% set 1 = 2 %}",
    ]
}
