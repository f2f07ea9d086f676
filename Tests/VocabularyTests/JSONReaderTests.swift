import Testing
import Vocabulary

@Suite struct JSONReaderTests {
    @Test(arguments: [
        "null", "true", "[]", "{}", #"{"a":1,"b":[1.5,-2,"x"],"a":null}"#, "0", "-0.5",
        "9223372036854775807", #""\"\\\n\r\t""#, #"[[[{"x":{"y":[]}}]]]"#, #""ÄÖ🙂""#,
    ])
    func `what is written is read as it was`(text: String) throws {
        let value = try JSON(parsing: text)
        #expect(try JSON(parsing: value.line) == value)
        #expect(try JSON(parsing: value.pretty) == value)
    }

    @Test func `escapes are characters`() throws {
        #expect(
            try JSON(parsing: #""\u0041\u00e9\ud83d\ude42\/\b\f""#)
                == .string("Aé🙂/\u{8}\u{c}"))
    }

    @Test func `numbers are whole where they can be`() throws {
        #expect(
            try JSON(parsing: "[1,1.0,1e2,18446744073709551615]")
                == [1, 1.0, 100.0, .double(18_446_744_073_709_551_616)])
    }

    @Test func `members are found by name`() throws {
        let value = try JSON(parsing: #"{"a":{"b":[true,2]},"c":"x"}"#)
        #expect(value["a"]?["b"]?.array?[0].bool == true)
        #expect(value["a"]?["b"]?.array?[1].int == 2)
        #expect(value["c"]?.string == "x")
        #expect(value["d"] == nil && value["c"]?["x"] == nil)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "[1,]", "[1 2]", "{,}", #"{"a"}"#, #"{"a":}"#, "01", "1.", ".5",
        "+1", "1e", "--1", #""x"#, #""\x""#, #""\u12""#, #""\ud800""#, #""\ud800\u0041""#,
        #""\udc00""#, "\"\u{1}\"", "1 2", "{}{}", "'a'", "NaN", "1e999", #"{"a":1,}"#,
        #""\u+123""#,
    ])
    func `what is no JSON is refused with its place`(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xC3, 0x22]) }
    }

    @Test func `depth has a limit`() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON(parsing: deep) }
        let allowed = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        _ = try JSON(parsing: allowed)
    }

    /// Whatever the bytes are, there is a value or an error; a value survives being written.
    @Test func `any bytes end in a value or an error`() throws {
        var generator = SystemRandomNumberGenerator()
        let whole = Array(
            #"{"run":"20261124T140312Z-k3f9q2","n":[1,-2.5e3,true,null],"t":"a\u00e9\n\"b"}"#.utf8)
        var (read, refused) = (0, 0)
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                case 1: bytes.removeSubrange(place...)
                default: bytes.insert(whole.randomElement(using: &generator) ?? 0, at: place)
                }
                if bytes.isEmpty { bytes = whole }
            }
            do {
                let value = try JSON(parsing: bytes)
                #expect(try JSON(parsing: value.line) == value)
                read += 1
            } catch {
                refused += 1
            }
        }
        print("20,000 damaged records: \(read) read, \(refused) refused")
        #expect(read > 0 && refused > 0)
    }
}
