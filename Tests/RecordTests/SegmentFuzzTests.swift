import Glibc
import Testing
import Vocabulary

@testable import Record

/// The reader of records meets what no writer of ours wrote.
@Suite struct SegmentFuzzTests {
    private static let count =
        getenv("FINFLOW_LONG").map { String(cString: $0) } == "1" ? 400_000 : 8_000

    private func seed() -> [UInt8] {
        let run = RunID(at: Timestamp(seconds: 1_800_000_000))
        let task = RecordedTask(
            task: "h/a", host: "h", title: "t", status: .failed, because: "x", started: 1,
            seconds: 2,
            changes: [
                RecordedChange(
                    kind: "update", what: "content", before: String(repeating: "a\n", count: 2000),
                    after: "b\n")
            ],
            errors: [RecordedError(Diagnostic(.recordBroken, "m", hint: "h", help: "p"))],
            output: BoundedText(String(repeating: "line\n", count: 9000)))
        var ending = RunEnding(status: .failed, seconds: 1, counts: [.failed: 1])
        ending.pruned = ["runs": run]
        let entries: [RunEntry] = [
            .begin(RecorderTests.header(run)),
            .willChange(number: 1, at: .now, started: 0.5, RecorderTests.intent("a")),
            .didChange(number: 1, at: .now, started: 0.5, seconds: 1, .changed),
            .didChange(number: 1, at: .now, started: 0, seconds: 1, .failed(task.errors)),
            .tasks(host: "h", [task], unchanged: 3), .end(ending), .other(["entry": "new"]),
        ]
        return Segment.bytes(
            run: run, number: 2,
            previous: [Segment.Link(RunFolder.runs.key(run, 1), [1])],
            lines: entries.map { Array($0.json.line.utf8) })
    }

    @Test func `each kind of entry reads as it was written`() throws {
        let bytes = seed()
        let segment = try Segment(parsing: bytes)
        #expect(segment.entries.count == 7)
        let again = Segment.bytes(
            run: segment.run, number: segment.number, previous: segment.previous,
            lines: segment.entries.map { Array($0.json.line.utf8) })
        #expect(again == bytes)
    }

    @Test func `a piece that is cut anywhere is refused`() {
        let bytes = seed()
        var accepted: [Int] = []
        let ends = bytes.indices.filter { bytes[$0] == 0x0A }
        // Every place of the head and around the ends of lines, and a sample of the others.
        let places = Set(bytes.indices.prefix(400)).union(ends).union(ends.map { $0 + 1 })
            .union(stride(from: 0, to: bytes.count, by: 37)).filter { $0 < bytes.count }
        for place in places where (try? Segment(parsing: Array(bytes.prefix(place)))) != nil {
            accepted.append(place)
        }
        // A cut behind a line leaves a piece that is shorter and well-formed: the chain tells.
        #expect(Set(accepted) == Set(ends.dropLast().map { $0 + 1 }))
    }

    @Test func `garbage is refused or read, and never the end of the reader`() throws {
        let original = seed()
        var random = SeededGenerator(seed: 20_261_124)
        var read = 0
        for _ in 0..<Self.count {
            var bytes = original
            for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&bytes, &random) }
            if let segment = try? Segment(parsing: bytes) {
                read += 1
                var record = RunRecord(run: segment.run)
                for entry in segment.entries { record.add(entry) }
                // What is made of it is made without a trap, and can be written again.
                _ = (record.tasks, record.counts, record.seconds, record.state)
                for entry in segment.entries {
                    #expect(RunEntry(entry.json) != nil)
                }
            }
        }
        print("segment reader: \(Self.count) inputs, of which \(read) were read")
        #expect(read > 0)
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: bytes.indices, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 3: bytes.removeLast(min(bytes.count, Int.random(in: 1...200, using: &random)))
        case 4:
            let words = [
                "null", "-1", "1e308", "999999999999999999", "\"\"", "[]", "{}", "true", "\n",
            ]
            let word = words[Int.random(in: words.indices, using: &random)]
            bytes.replaceSubrange(place..<min(place + 3, bytes.count), with: word.utf8)
        case 5:
            let end = min(bytes.count, place + Int.random(in: 1...400, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        default:
            // A number somewhere becomes another one.
            if let digit = bytes[place...].firstIndex(where: { (48...57).contains($0) }) {
                bytes.replaceSubrange(digit...digit, with: "-9223372036854775808".utf8)
            }
        }
    }
}
