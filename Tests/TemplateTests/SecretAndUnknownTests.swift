import Template
import Testing
import Vocabulary

struct SecretAndUnknownTests {
    private let values: [String: Value] = [
        "password": .sensitive(of: "hunter2"), "pin": .sensitive(of: 42), "user": "ops",
        "db": ["password": .sensitive(of: "s3cret"), "host": "db-1"],
        "keys": .sensitive(of: ["a", "b"]), "facts": .unknown("facts of db-1"),
        "later": [1, .unknown("an output")],
    ]

    @Test(arguments: [
        "{{ password }}", "x{{ password }}", "{{ password ~ user }}", "{{ user ~ password }}",
        "{{ password | upper }}", "{{ user | replace('o', password) }}", "{{ pin + 1 }}",
        "{{ -pin }}", "{{ db | to_json }}", "{{ db.password }}", "{{ db['password'] }}",
        "{{ [password, user] | join(',') }}", "{{ password | b64encode | quote }}",
        "{% for k in keys %}{{ k }}{% endfor %}", "{{ keys[0] }}", "{{ keys | first }}",
        "{% set p = password %}-{{ p }}", "{{ password if user else user }}",
        "{{ nope | default(password) }}", "{{ password or user }}", "{{ password | length }}",
        "{{ {'k': password}.k }}", "{{ [db] | map(attribute='password') | first }}",
        "{{ [db] | to_yaml }}", "{{ (db | dict2items)[0].value }}", "{{ range(pin) | sum }}",
        "{{ {password: 1}.hunter2 }}", "{{ [password] | map('lower') | join }}",
    ])
    func `what a secret touched is secret`(_ text: String) throws {
        let value = try render(text, values)
        guard case .sensitive = value else {
            Issue.record("\(text) is \(value.display)")
            return
        }
    }

    @Test(
        arguments: [
            ("{{ password == 'hunter2' }}", true), ("{{ password is defined }}", true),
            ("{% if password %}set{% endif %}", "set"), ("{{ 'x' in keys }}", false),
            ("{{ db.host }}", "db-1"), ("{{ not password }}", false), ("{{ db | length }}", 2),
        ] as [(String, Value)])
    func `the outcome of a condition is not secret, nor what lies beside a secret`(
        _ text: String, _ expected: Value
    ) throws {
        #expect(try render(text, values) == expected)
    }

    @Test func `no diagnostic tells a secret`() {
        for text in [
            "{{ password + 1 }}", "{{ password | int }}", "{{ password < 1 }}",
            "{{ db[password] }}",
            "{{ password.key }}", "{{ password | b64decode }}", "{{ keys[pin] }}",
            "{{ {}[password] }}", "{{ [1] | join(pin) }}",
        ] {
            let told = problems(text, values)
            #expect(told.first?.hasPrefix("FF03") == true, "\(text): \(told)")
            for line in told {
                for secret in ["hunter2", "s3cret", "42"] {
                    #expect(!line.contains(secret), "\(text): \(line)")
                }
            }
        }
    }

    @Test func `the keys of a secret map are not suggested`() {
        #expect(
            problems("{{ token.hots }}", ["token": .sensitive(of: ["host": "h"])])
                == ["FF0303 1:10-1:14 `token` has no key `hots`"])
    }

    @Test(arguments: [
        "{{ facts }}", "{{ facts.os.name }}", "os={{ facts.os }}", "{{ facts.n + 1 }}",
        "{{ facts | upper }}", "{{ user ~ facts.x }}",
        "{% for d in facts.disks %}{{ d }}{% endfor %}",
        "{% if facts.x == 1 %}a{% else %}b{% endif %}", "{{ 'a' if facts.x else 'b' }}",
        "{{ later | to_json }}", "{{ later | join }}", "x{{ later[1] }}", "{{ facts[0] }}",
        "{{ xs[facts.n] | default(1) }}{{ facts.x }}", "{{ password ~ facts.x }}",
    ])
    func `what needs an unknown is unknown`(_ text: String) throws {
        let value = try render(text, values.merging(["xs": [1]]) { $1 })
        guard case .unknown(let reason) = value else {
            Issue.record("\(text) is \(value.display)")
            return
        }
        #expect(["facts of db-1", "an output"].contains(reason))
    }

    @Test func `what does not need the unknown is known`() throws {
        #expect(try render("{{ facts is defined }}", values) == true)
        #expect(try render("{{ facts.os is defined }}", values).unknownReason != nil)
        #expect(try render("{{ facts.os is not defined }}", values).unknownReason != nil)
        #expect(try render("{{ later[0] }}{{ later | length }}", values) == "12")
        #expect(try holds("facts.x and false", values) == .no)
        #expect(try holds("facts.x or true", values) == .yes)
        #expect(try holds("not facts.x", values) == .unknown("facts of db-1"))
        #expect(try holds("facts.x == 1 and nope is defined", values) == .no)
    }

    @Test func `both branches of an unknown condition are looked at for undefined names`() {
        let text =
            "{% if facts.x %}{{ aaa }}{% elif facts.y %}{{ bbb }}{% else %}{{ ccc }}{% endif %}"
        #expect(
            problems(text, values) == [
                "FF0303 1:20-1:23 `aaa` is not defined", "FF0303 1:47-1:50 `bbb` is not defined",
                "FF0303 1:66-1:69 `ccc` is not defined",
            ])
        #expect(problems("{% for d in facts.disks %}{{ d.x ~ a }}{% endfor %}", values).count == 1)
    }

    @Test func `only undefined names are reported from a branch that may not be taken`() throws {
        let text = "{% if facts.x %}{{ 1 / 0 }}{% endif %}"
        #expect(try render(text, values) == .unknown("facts of db-1"))
    }

    @Test func `what an unknown branch may set is unknown afterwards`() throws {
        let text = "{% set n = 1 %}{% if facts.x %}{% set n = 2 %}{% endif %}{{ n }}"
        #expect(try render(text, values).isUnknown)
        #expect(
            try evaluate("1 if n == 2 else 0", ["n": .unknown("later")]) == .unknown("later"))
    }
}
