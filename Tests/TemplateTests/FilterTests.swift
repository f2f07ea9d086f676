import Template
import Testing
import Vocabulary

struct FilterTests {
    @Test func `YAML is block style, with quotes wherever a reader could be mistaken`() throws {
        let value: Value = [
            "name": "payments", "port": 80, "mode": "0644", "answer": "no", "empty": "",
            "list": [1, ["a": true], []], "map": [:], "none": .null, "path": "/etc/x.conf",
            "ratio": 1e16, "text": "two\nlines: #", "1": "key", "date": "2024-01-01",
        ]
        #expect(
            try evaluate("v | to_yaml", ["v": value]) == """
                name: payments
                port: 80
                mode: "0644"
                answer: "no"
                empty: ""
                list:
                  - 1
                  -
                    a: true
                  - []
                map: {}
                "none": null
                path: /etc/x.conf
                ratio: 1.0e+16
                text: "two\\nlines: #"
                "1": key
                date: "2024-01-01"

                """)
        #expect(try evaluate("'x' | to_yaml") == "x\n")
    }

    @Test func `JSON becomes values, and what is none says where it ends`() throws {
        let text: Value = #"{"b": [1, 2.5, null, true], "a": {"é": "\u00e9"}}"#
        #expect(
            try evaluate("v | from_json", ["v": text])
                == ["b": [1, 2.5, .null, true], "a": ["é": "é"]])
        #expect(try evaluate("(v | from_json).a | to_json", ["v": text]) == #"{"é": "é"}"#)
        let secret = try evaluate("(v | from_json).a", ["v": .sensitive(of: text)])
        #expect(secret.isSensitive)
        for wrong in ["'{'", "''", "'[1] 2'"] {
            let found = problems { () throws(Diagnostics) in try evaluate("\(wrong) | from_json") }
            #expect(found.count == 1)
            #expect(found.first?.contains("this is not JSON") == true)
        }
    }

    @Test(arguments: [
        ("yes", true), ("on", true), ("true", true), ("1", true), ("no", false), ("off", false),
        ("false", false), ("0", false),
    ])
    func `words become bools`(_ word: String, _ expected: Bool) throws {
        #expect(try evaluate("v | bool", ["v": .string(word)]) == .bool(expected))
    }

    @Test func `a word that is no bool is refused`() {
        #expect(
            problems { () throws(Diagnostics) in try evaluate("'maybe' | bool") }
                == ["FF0306 1:11-1:15 a string that is not a bool"])
    }

    @Test(arguments: ["", "f", "fo", "foo", "foob", "fooba", "foobar", "\u{0}\u{7F}ü🚀"])
    func `base64 goes there and back`(_ text: String) throws {
        #expect(try evaluate("v | b64encode | b64decode", ["v": .string(text)]) == .string(text))
    }

    @Test(arguments: ["Zg", "Zg=", "Zh==", "Z===", "====", "Zg==Zg==", "Zm9v!", "/w=="])
    func `what is not canonical base64 of UTF-8 is refused`(_ text: String) {
        #expect(throws: Diagnostics.self) {
            try evaluate("v | b64decode", ["v": .string(text)])
        }
    }

    @Test func `a map of maps combines without losing secrets`() throws {
        let value = try evaluate(
            "a | combine(b, recursive=true)",
            ["a": ["x": ["p": .sensitive(of: "s"), "q": 1]], "b": ["x": ["q": 2]]])
        #expect(value == ["x": ["p": .sensitive(of: "s"), "q": 2]])
    }
}
