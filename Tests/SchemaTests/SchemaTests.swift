import Template
import Testing
import Vocabulary

@testable import Schema

@Suite("Schemas")
struct SchemaTests {
    enum Colour: String, CaseIterable, Sendable { case red, green }

    struct Model: SchemaModel {
        var path = ""
        var count = 1
        var colour: Colour?
        var names: [String] = []
        var secret: SecretText?

        static let schema = Schema<Model>(
            "example", summary: "An example.",
            fields: [
                .required("path", \.path, .absolutePath, "Where."),
                .optional("count", \.count, .wholeNumber(in: 1...9), default: "1", "How many."),
                .optional("colour", \.colour, .word(), "Which."),
                .optional("names", \.names, .list(of: .text), default: "[]", "Who."),
                .optional("secret", \.secret, .secretText, "What."),
            ],
            check: { model, place in
                model.count > 1 && model.names.isEmpty
                    ? [Diagnostic(.conflictingKeys, "`count` needs `names`", at: place)] : []
            })
    }

    private static func place(_ column: Int) -> SourcePlace {
        SourcePlace(file: "t", line: 1, column: column)
    }

    /// Each key at the column of its position times ten, each value five behind.
    private static func mapping(_ entries: (String, Value)...) -> PlacedValue {
        PlacedValue(
            .map(
                entries.enumerated().map { index, entry in
                    PlacedValue.Entry(
                        key: entry.0, keyPlace: place(10 * index + 10),
                        value: PlacedValue(entry.1, at: place(10 * index + 15)))
                }), at: place(1))
    }

    private func problems(_ value: PlacedValue) -> [String] {
        do throws(Diagnostics) {
            _ = try Model.schema.read(value)
            return []
        } catch {
            return error.sorted.map { "\($0.code.id) \($0.place?.column ?? 0) \($0.hint ?? "")" }
        }
    }

    @Test("what is given is read, what is left out keeps its default")
    func read() throws {
        let model = try Model.schema.read(
            Self.mapping(("path", "/x"), ("colour", "green"), ("names", ["a", "b"])))
        #expect(model.path == "/x")
        #expect(model.count == 1)
        #expect(model.colour == .green)
        #expect(model.names == ["a", "b"])
        #expect(model.secret == nil)
    }

    @Test("all that is wrong is told at once, each at its own place")
    func problems() {
        #expect(
            problems(
                Self.mapping(
                    ("paht", "/x"), ("count", 10), ("colour", "gren"), ("names", "a"), ("zzz", 1)))
                == [
                    "FF0201 10 did you mean `path`?", "FF0204 25 ",
                    "FF0204 35 did you mean `green`?",
                    "FF0203 45 ", "FF0201 50 ",
                ])
        #expect(problems(Self.mapping(("count", 1))) == ["FF0202 1 "])
        #expect(problems(PlacedValue("x", at: Self.place(3))) == ["FF0203 3 "])
    }

    @Test("what is wrong across keys is told when each key is right")
    func check() {
        #expect(problems(Self.mapping(("path", "/x"), ("count", 2))) == ["FF0206 1 "])
        #expect(problems(Self.mapping(("path", "x"), ("count", 2))) == ["FF0204 15 "])
    }

    @Test("a secret is refused where it would be shown, and never shown where it may stand")
    func secrets() throws {
        let secret = Value.sensitive(of: "hunter2")
        #expect(problems(Self.mapping(("path", secret))) == ["FF0205 15 "])
        let model = try Model.schema.read(Self.mapping(("path", "/x"), ("secret", secret)))
        let text = try #require(model.secret)
        #expect(text.isSensitive)
        #expect("\(text)" == redaction)
        #expect(text.withExposed { $0 } == "hunter2")
    }

    @Test("while some values come later, keys and the other values are judged")
    func knownParts() {
        let value = Self.mapping(("path", .unknown("later")), ("count", 0), ("nmes", ["a"]))
        let found = Model.schema.problems(inKnownPartsOf: value)
        #expect(found.map(\.code.id).sorted() == ["FF0201", "FF0204"])
        #expect(value.isUnknown)
    }

    @Test("the JSON Schema has each key, its type and its meaning")
    func jsonSchema() {
        let schema = Model.schema.jsonSchema(templated: false).line
        #expect(schema.contains(#""path":{"description":"Where.","type":"string","pattern":"^/"}"#))
        #expect(schema.contains(#""enum":["red","green"]"#))
        #expect(schema.contains(#""required":["path"],"additionalProperties":false"#))
        let templated = Model.schema.jsonSchema(templated: true).line
        #expect(templated.contains(#""pattern":"\\{\\{|\\{%""#))
    }

    @Test("a value keeps its parts without their places")
    func value() {
        let value = Self.mapping(("b", [1, "x"]), ("a", true))
        #expect(value.value.display == #"{b: [1, "x"], a: true}"#)
        #expect(value["a"]?.place == Self.place(25))
    }
}
