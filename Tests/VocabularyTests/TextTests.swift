import Testing
import Vocabulary

@Suite struct TextTests {
    @Test(arguments: [
        ("mod", "mode"), ("pth", "path"), ("conent", "content"), ("onwer", "owner"),
    ])
    func `a typing slip finds the key that was meant`(slip: String, meant: String) {
        let known = ["path", "mode", "owner", "content"]
        #expect(nearestName(to: slip, among: known) == meant)
    }

    @Test func `a word that is like none has no nearest name`() {
        #expect(nearestName(to: "completely", among: ["path", "mode"]) == nil)
        #expect(nearestName(to: "", among: ["path"]) == nil)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1024, "1.0 KiB"), (1_300_000_000, "1.21 GiB"),
        (150 << 20, "150 MiB"),
    ])
    func `a number of bytes reads in three figures`(bytes: Int, text: String) {
        #expect(ByteCount(bytes).description == text)
    }

    @Test(arguments: [
        (Duration.milliseconds(38), "38 ms"), (.milliseconds(900), "0.9 s"),
        (.seconds(125), "2 min 5 s"),
        (.seconds(11220), "3 h 7 min"),
    ])
    func `a duration reads as people say it`(duration: Duration, text: String) {
        #expect(duration.brief == text)
    }

    @Test func `JSON keeps the order of members and escapes what it must`() {
        let value: JSON = ["b": 1, "a": ["x\"\n\u{1}", true, nil], "c": 0.5, "d": [:]]
        #expect(value.line == #"{"b":1,"a":["x\"\n\u0001",true,null],"c":0.5,"d":{}}"#)
        #expect(value.pretty.hasPrefix("{\n  \"b\": 1,\n  \"a\": [\n    \"x"))
    }
}
