import Schema
import Template
import Testing
import Vocabulary

@Suite("Types of fields")
struct FieldTypeTests {
    private func read<Output: Sendable>(_ value: Value, as type: FieldType<Output>) -> Output? {
        try? type.read(PlacedValue(value, at: SourcePlace(file: "t", line: 1, column: 1)))
    }

    private func hint<Output: Sendable>(_ value: Value, as type: FieldType<Output>) -> String? {
        do throws(Diagnostics) {
            _ = try type.read(PlacedValue(value, at: SourcePlace(file: "t", line: 1, column: 1)))
            return nil
        } catch {
            return error.all.first?.hint
        }
    }

    @Test("texts are texts, and numbers are not guessed to be")
    func text() {
        #expect(read("x", as: FieldType.text) == "x")
        #expect(read(1, as: FieldType.text) == nil)
        #expect(hint(1, as: FieldType.text) == "put it in quotes")
        #expect(read(8080, as: FieldType.textOrNumber) == "8080")
        #expect(read(1.5, as: FieldType.textOrNumber) == nil)
    }

    @Test(
        "paths are absolute and in their shortest form",
        arguments: [
            ("/", true), ("/etc/x", true), ("/é b", true), ("etc", false), ("/etc/", false),
            ("/etc//x", false), ("/etc/../x", false), ("/./x", false), ("", false), ("/a\0", false),
        ])
    func paths(path: String, isRight: Bool) {
        #expect((read(.string(path), as: FieldType.absolutePath) != nil) == isRight)
    }

    @Test(
        "durations have units, and a bare number is seconds",
        arguments: [
            ("30 s", 30.0), ("500ms", 0.5), ("1.5 h", 5400), ("2 d", 172_800), ("5min", 300),
        ])
    func durations(text: String, seconds: Double) {
        #expect(read(.string(text), as: FieldType.duration) == .seconds(seconds))
        #expect(read(7, as: FieldType.duration) == .seconds(7))
    }

    @Test(
        "what is no duration is refused",
        arguments: ["", "s", "5 weeks", "1.2.3 s", "-1 s", "१ s", "9e99 d"])
    func badDurations(text: String) {
        #expect(read(.string(text), as: FieldType.duration) == nil)
    }

    @Test("numbers beyond what a duration can hold are refused")
    func hugeDurations() {
        #expect(read(.double(1e300), as: FieldType.duration) == nil)
        #expect(read(.double(.infinity), as: FieldType.duration) == nil)
        #expect(read(.double(.nan), as: FieldType.duration) == nil)
        #expect(read(.string("99999999999999999999999999999999 d"), as: FieldType.duration) == nil)
        #expect(read(.int(.max), as: FieldType.duration) == nil)
    }

    @Test("`yes` and `no` are not booleans, but what is meant is known")
    func booleans() {
        #expect(read(true, as: FieldType.boolean) == true)
        #expect(hint("yes", as: FieldType.boolean) == "did you mean `true`?")
        #expect(hint("Off", as: FieldType.boolean) == "did you mean `false`?")
    }

    @Test("ports and ranges have their bounds")
    func bounds() {
        #expect(read(65535, as: FieldType.port) == 65535)
        #expect(read(0, as: FieldType.port) == nil)
        #expect(read("22", as: FieldType.port) == nil)
    }
}
