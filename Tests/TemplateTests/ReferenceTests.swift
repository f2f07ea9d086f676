import Template
import Testing
import Vocabulary

struct ReferenceTests {
    private func names(_ text: String) throws -> [String] {
        try TextTemplate.parse(text, at: TextOrigin(file: "t")).references.map {
            $0.path.joined(separator: ".") + ($0.isOptional ? "?" : "")
        }
    }

    @Test func `free variables are found with the keys under them`() throws {
        #expect(
            try names("{{ a.b['c'].d }}{{ xs[i].name }}{{ f | join(sep) }}{{ [p, {'k': q}] }}")
                == ["a.b.c.d", "i", "xs", "f", "sep", "p", "q"])
        #expect(
            try names("{% if c %}{{ x }}{% elif d %}{{ y }}{% else %}{{ z }}{% endif %}")
                == ["c", "x", "d", "y", "z"])
    }

    @Test func `what a template sets itself is not free`() throws {
        #expect(try names("{% set a = b %}{{ a }}") == ["b"])
        #expect(
            try names("{% for k, v in m %}{{ k }}{{ v }}{{ loop.index }}{{ w }}{% endfor %}{{ k }}")
                == ["m", "w", "k"])
    }

    @Test func `what may be missing is marked`() throws {
        #expect(try names("{{ a.b | default(c) }}{{ d is defined }}") == ["a.b?", "c", "d?"])
        #expect(
            try names("{% if a is defined and b %}{{ a.x }}{{ b }}{% else %}{{ a }}{% endif %}")
                == ["a?", "b", "a.x?", "b", "a"])
        #expect(
            try names("{% if a is not defined %}x{% else %}{{ a }}{% endif %}{{ a }}")
                == ["a?", "a?", "a"])
        #expect(
            try names("{{ a if a is defined else b }}{{ a is undefined or a > 1 }}")
                == ["a?", "a?", "b", "a?", "a?"])
    }

    @Test func `names are checked before there is any value`() throws {
        let known = ValueShape.keys([
            "port": .anything, "db": .keys(["host": .anything]), "facts": .anything,
        ])
        let template = try TextTemplate.parse(
            "{{ prt }}{{ db.hst }}{{ facts.os.name }}{{ opt | default(1) }}",
            at: TextOrigin(file: "t"))
        let found = template.undefined(in: known).sorted
        #expect(
            found.map(\.message) == ["`prt` is not defined", "`db` has no key `hst`"])
        #expect(found.compactMap(\.hint) == ["did you mean `port`?", "did you mean `host`?"])
        #expect(found.compactMap(\.place?.column) == [4, 13])

        let when = try TemplateExpression.parse("por == 1", at: TextOrigin(file: "t"))
        #expect(when.undefined(in: known).all.count == 1)
    }

    @Test func `the shape of a scope is that of its values`() throws {
        let shape = ValueShape(
            of: scope(["db": .sensitive(of: ["host": "h"]), "facts": .unknown("later"), "n": 1]))
        #expect(
            shape
                == .keys([
                    "db": .keys(["host": .anything]), "facts": .anything, "n": .anything,
                ]))
    }
}
