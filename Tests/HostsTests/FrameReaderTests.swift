import Testing

@testable import Hosts

@Suite struct FrameReaderTests {
    private let mark: [UInt8] = [0x1E] + Array("0123456789abcdef".utf8)

    private func line(_ text: String) -> [UInt8] { mark + Array("\(text)\n".utf8) }

    /// What a stream says, its pieces put together again.
    private func read(_ chunks: [[UInt8]]) throws -> (text: String, noise: String) {
        var reader = FrameReader(mark: mark)
        var text = ""
        var bytes: [UInt8] = []
        for chunk in chunks {
            try reader.feed(chunk) { event in
                switch event {
                case .ready(let group): text += "ready \(group ?? 0);"
                case .begin(let number): text += "begin \(number);"
                case .bytes(let slice): bytes += slice
                case .end(let number, let status):
                    text += "\(bytes);end \(number) \(status.map(String.init) ?? "-");"
                    bytes = []
                }
            }
        }
        try reader.finish { _ in }
        return (text, String(decoding: reader.noise, as: UTF8.self))
    }

    @Test func anyCutOfTheStreamSaysTheSame() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            // Bytes that look like the beginning of a mark.
            let content = (0..<Int.random(in: 0..<90)).map { _ in mark.randomElement() ?? 0 }
            let stream =
                Array("noise ".utf8) + line("h 42") + line("b 1") + content + line("e 1 7")
                + Array("left".utf8) + line("b 2") + line("e 2")
            var chunks: [[UInt8]] = []
            var rest = stream[...]
            while !rest.isEmpty {
                let size = Int.random(in: 1...20, using: &generator)
                chunks.append(Array(rest.prefix(size)))
                rest = rest.dropFirst(size)
            }
            let (text, noise) = try read(chunks)
            #expect(text == "ready 42;begin 1;\(content);end 1 7;begin 2;[];end 2 -;")
            #expect(noise == "noise left")
        }
    }

    @Test(arguments: ["x 1", "b", "b one", "e 1 0", ""])
    func aLineThatCannotBeIsRefused(text: String) {
        #expect(throws: FrameReader.Malformed.self) { try read([line(text)]) }
    }

    @Test func aMarkWithoutAnEndIsRefused() {
        let endless = mark + Array(repeating: UInt8(ascii: "a"), count: 200)
        #expect(throws: FrameReader.Malformed.self) { try read([endless]) }
    }

    @Test func noiseIsKeptOnlyInPart() throws {
        let chunk = Array(repeating: UInt8(ascii: "n"), count: 10_000)
        let (_, noise) = try read(Array(repeating: chunk, count: 20))
        #expect(noise.utf8.count <= 10_000)
    }
}
