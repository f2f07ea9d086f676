import Testing
import Vocabulary

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (1_795_529_392, "2026-11-24T14:09:52Z"), (-1, "1969-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"), (-62_167_219_200, "0000-01-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
    ])
    func `a second has one name`(seconds: Int, text: String) {
        let time = Timestamp(seconds: seconds)
        #expect(time.description == text)
        #expect(Timestamp(text) == time)
        #expect(Timestamp(time.compact) == time)
    }

    @Test func `every day of four centuries comes back`() {
        for day in stride(from: -150_000, through: 150_000, by: 1) {
            let time = Timestamp(seconds: day * 86400 + 86_399)
            #expect(Timestamp(time.description) == time)
        }
    }

    @Test(arguments: [
        "", "2026-11-24", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-24T24:00:00Z",
        "2026-11-24T14:60:00Z", "2026-11-24T14:00:60Z", "2026-11-24 14:00:00Z",
        "2026-00-10T00:00:00Z", "+026-11-24T14:00:00Z", "20261124T1403120", "2026-11-24T14:03:12+",
    ])
    func `what is no such time is none`(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func `a run's name sorts by time and comes back`() throws {
        let time = try #require(Timestamp("2026-11-24T14:03:12Z"))
        let run = RunID(at: time)
        #expect(run.rawValue.hasPrefix("20261124T140312Z-"))
        #expect(RunID(run.rawValue) == run)
        #expect(run.time == time)
        #expect(RunID(at: Timestamp(seconds: time.seconds + 1)) > run)
        let inOrder = stride(from: 0, to: 1_000_000_000, by: 31_250).map {
            RunID(at: time, nanoseconds: $0)
        }
        #expect(inOrder == inOrder.sorted())
        #expect(RunID() < RunID(at: Timestamp(seconds: Timestamp.now.seconds + 2)))
        for wrong in ["", "last", "20261124T140312Z", "20261124T140312Z-K3F9Q2", "../x-aaaaaa"] {
            #expect(RunID(wrong) == nil)
        }
    }
}
