import Template
import Testing
import Vocabulary

struct ValueTests {
    private let secret = Value.sensitive(of: "hunter2")

    @Test func `a secret is shown by nothing`() {
        let values: [Value] = [secret, ["password": secret], [secret, 1]]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            let shown = [
                value.display, "\(value)", String(reflecting: value), String(describing: value),
                dumped, "\(Mirror(reflecting: value).children.map { "\($0)" })",
                "\(Optional(value) as Any)", "\(Scope.Binding(value))",
            ]
            for text in shown { #expect(!text.contains("hunter2"), "\(text)") }
        }
        let map: Value = ["password": secret, "user": "ops"]
        #expect(map.display == #"{password: [sensitive], user: "ops"}"#)
    }

    @Test func `values are equal by kind and content, secrets too`() {
        #expect(Value.int(1) != .double(1))
        #expect(secret == .sensitive(of: "hunter2"))
        #expect(secret != .sensitive(of: "hunter3"))
        #expect(secret != "hunter2")
        let forwards: Value = ["a": 1, "b": 2]
        let backwards: Value = ["b": 2, "a": 1]
        #expect(forwards == backwards)
        #expect(forwards.hashValue == backwards.hashValue)
        #expect(forwards != ["a": 1, "b": 3])
        #expect(Set([secret, .sensitive(of: "hunter2"), "hunter2"]).count == 2)
    }

    @Test func `secrets do not nest and keep their kind`() {
        #expect(Value.sensitive(of: secret) == secret)
        #expect(Value.sensitive(of: .unknown("later")) == .unknown("later"))
        #expect(secret.kind == .string)
        #expect(secret.string == nil)
        #expect(secret.sensitiveString?.withExposed { $0 } == "hunter2")
        #expect(Value.list([1, ["k": secret]]).isSensitive)
        #expect(Value.list([1, ["k": secret]]).exposed == [1, ["k": "hunter2"]])
    }

    @Test func `an unknown is found wherever it is`() {
        let value: Value = [1, ["k": .unknown("facts of db-1")]]
        #expect(value.unknownReason == "facts of db-1")
        #expect(value.display == "[1, {k: <unknown: facts of db-1>}]")
        #expect(Value.list([1]).isUnknown == false)
    }

    @Test func `control characters of a value do not reach the terminal`() {
        #expect(Value.string("a\u{1B}[31m\n").display == #""a\u{1b}[31m\n""#)
    }
}
