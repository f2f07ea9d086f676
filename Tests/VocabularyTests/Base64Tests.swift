import Testing
import Vocabulary

@Suite struct Base64Tests {
    @Test(arguments: 0..<40) func `bytes come back from base64`(count: Int) {
        var random = SeededGenerator(seed: UInt64(count))
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let (padded, bare) = (Base64.encode(bytes), Base64.encode(bytes, padded: false))
        #expect(Base64.decode(padded.utf8) == bytes)
        #expect(Base64.decode(bare.utf8, padding: .forbidden) == bytes)
        for text in [padded, bare] {
            #expect(Base64.decode(text.utf8, padding: .optional) == bytes)
        }
        #expect(padded.utf8.count == (count + 2) / 3 * 4)
        if count % 3 != 0 {
            #expect(Base64.decode(bare.utf8) == nil)
            #expect(Base64.decode(padded.utf8, padding: .forbidden) == nil)
        }
    }

    @Test(arguments: [
        "A", "AB=C", "A===", "AAAA=", "AAAA====", "AB", "AB==\n", "A B C D", "AAA\n", "=",
    ])
    func `what encoding does not make is refused`(text: String) {
        for padding in [Base64.Padding.required, .optional, .forbidden] {
            #expect(Base64.decode(text.utf8, padding: padding) == nil)
        }
    }

    @Test func `RFC 4648 agrees`() {
        // Section 10.
        let vectors = ["f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "": ""]
        for (text, encoded) in vectors { #expect(Base64.encode(text.utf8) == encoded) }
    }
}
