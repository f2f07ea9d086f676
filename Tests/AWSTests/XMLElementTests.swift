import Lab
import Testing
import Vocabulary

@testable import AWS

@Suite struct XMLElementTests {
    private func read(_ text: String) throws -> XMLElement {
        try XMLElement.read(Array(text.utf8))
    }

    @Test func anAnswerOfS3IsRead() throws {
        let root = try read(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <!-- a comment -->
            <ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/" a='b > c'>
              <Name>b</Name><Prefix/><IsTruncated >true</IsTruncated
              >
              <Contents><Key>a&amp;b &#x41;&#66;&lt;<![CDATA[<&]]></Key></Contents>
              <s3:Contents><Key>&quot;é&quot;</Key></s3:Contents>
            </ListBucketResult>

            """)
        #expect(root.name == "ListBucketResult")
        #expect(root["Prefix"]?.text == "")
        #expect(root["IsTruncated"]?.text == "true")
        #expect(root.all("Contents").map { $0["Key"]?.text } == ["a&b AB<<&", "\"é\""])
        #expect(try read("<a/>").children.isEmpty)
        #expect(try read("<a>x\r\ny\rz</a>").text == "x\ny\nz")
    }

    @Test(arguments: [
        "", " ", "x", "<", "<a", "<a>", "<a></b>", "<a><b></a></b>", "<a/><b/>", "<a/>x",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "<a>&b;</a>", "<a>&#0;</a>", "<a>&#xD800;</a>",
        "<a>&#+65;</a>", "<a>&amp</a>", "<a>\u{1}</a>", "<a b></a>", "<a b=c></a>", "<a b='c></a>",
        "<a b='c'd='e'/>", "<a><![CDATA[</a>", "<a><!ELEMENT b></a>", "<></>", "</a>", "<!-- -->",
    ])
    func whatIsNoXMLOfS3IsRefused(text: String) {
        #expect(throws: XMLError.self) { try read(text) }
    }

    @Test func depthAndEncodingAreBounded() {
        let deep = String(repeating: "<a>", count: 100_000)
        #expect(throws: XMLError.self) { try read(deep) }
        #expect(throws: XMLError.self) {
            try XMLElement.read(Array("<a>".utf8) + [0xC3, 0x28] + Array("</a>".utf8))
        }
    }

    @Test func whatIsEscapedIsReadAgain() throws {
        var random = SeededGenerator(seed: 11)
        var count = 0
        for _ in Slice.of(0...20_000, 2_000, seed: 1) {
            let scalars = (0..<Int.random(in: 0..<12, using: &random)).compactMap { _ in
                Unicode.Scalar(UInt32.random(in: 0..<0x250, using: &random))
            }
            let text = String(String.UnicodeScalarView(scalars))
            guard let escaped = XMLElement.escaped(text) else { continue }
            count += 1
            // Scalars, not characters: a line feed behind a return is one of these.
            #expect(Array(try read("<a>\(escaped)</a>").text.utf8) == Array(text.utf8))
        }
        print("XML: \(count) texts escaped and read again")
        #expect(count > 100)
    }

    @Test func noDamagedDocumentTripsTheReader() throws {
        let whole = Array(
            """
            <?xml version="1.0"?><R a="b"><!--c--><K>x&amp;y&#65;</K><K><![CDATA[z]]></K><E/></R>
            """.utf8)
        var random = SeededGenerator(seed: 5)
        var (refused, tried) = (0, 0)
        let pieces = Array("<>&;/!?'\"=-[]#x\u{0}\u{FF}".utf8)
        for _ in Slice.of(0...200_000, 10_000, seed: 2) {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(pieces.randomElement(using: &random) ?? 0, at: place)
                default: bytes.removeLast(bytes.count - place)
                }
            }
            tried += 1
            do throws(XMLError) {
                _ = try XMLElement.read(bytes)
            } catch {
                refused += 1
                #expect(error.offset <= bytes.count)
            }
        }
        print("XML: \(tried) damaged documents, \(refused) refused")
        #expect(refused > tried / 4)
    }
}
