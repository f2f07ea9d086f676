import Testing
import Vocabulary

@testable import AWS

@Suite struct CRC32CTests {
    /// RFC 3720 §B.4 has these but for `123456789`, the check value of the catalogue of CRCs.
    @Test(
        arguments: [
            ([], 0), (Array("123456789".utf8), 0xE306_9283),
            ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
            ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
            (Array(UInt8(0)..<32), 0x46DD_794E), (Array((UInt8(0)..<32).reversed()), 0x113F_DB5C),
        ] as [([UInt8], UInt32)])
    func publishedValuesComeOut(bytes: [UInt8], value: UInt32) {
        var checksum = CRC32C()
        checksum.update(bytes)
        #expect(checksum.value == value)
        var byTables = CRC32C()
        byTables.updateByTables(bytes)
        #expect(byTables.value == value)
    }

    @Test func itDoesNotMatterHowBytesAreCutNorWhoCounts() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0..<300, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let cut = Int.random(in: 0...bytes.count, using: &random)
            var whole = CRC32C()
            whole.update(bytes)
            var pieces = CRC32C()
            pieces.updateByTables(Array(bytes[..<cut]))
            pieces.update(Array(bytes[cut...]))
            #expect(pieces == whole)
        }
    }

    @Test func theMostSignificantByteStandsFirst() {
        var checksum = CRC32C()
        checksum.update(Array("123456789".utf8))
        #expect(Base64.encode(checksum.bytes) == "4waSgw==")
    }
}
