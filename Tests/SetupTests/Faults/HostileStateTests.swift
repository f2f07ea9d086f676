import Lab
import Resources
import Testing
import Vocabulary

@testable import Setup

/// Whatever was done to a file of state, it is understood or refused, and what is understood is
/// something that could have been written.
@Suite struct HostileStateTests {
    enum File: String, CaseIterable {
        case lock
        case applied = "applied.ndjson"
        case journal = "runs/RUN.ndjson"
        case credentials = "credentials.json"
        case plan = "a saved plan"
    }

    private static let run = "20261124T140312Z-k3f9q2"

    private static func sample(_ file: File) -> String {
        switch file {
        case .lock:
            """
            {"version":1,"run":"\(run)","command":"setup","user":"ops","as":"root","from":"m","pid":12,"birth":"b:1:1","since":"2026-11-24T14:03:12Z","boot":"x","uptime":12,"expiry":60}
            """
        case .applied:
            """
            {"task":"h/r/a","state":"0123","run":"\(run)","at":"2026-11-24T14:03:12Z","confirmed":"2026-11-25T14:03:12Z","aspects":{"mode":"9a","content":"77"}}
            {"task":"h/r/b","state":"4567","run":"\(run)","at":"2026-11-24T14:03:13Z"}
            """
        case .journal:
            """
            {"version":1,"run":"\(run)","command":"setup","user":"ops","from":"m","pid":12,"started":"2026-11-24T14:03:12Z"}
            {"change":1,"task":"h/r/a","title":"file /etc/a","at":"2026-11-24T14:03:12Z","changes":[{"kind":"update","what":"content","before":"a","after":"b"}],"notifies":["h/r/c"],"undo":[{"left":{"file":{"path":"/etc/a"}},"before":{"file":{"path":"/etc/a","state":"absent"}}}]}
            {"done":1,"ok":true}
            {"ended":"2026-11-24T14:03:14Z"}
            """
        case .credentials:
            """
            {"format":1,"lineage":"l1","serial":7,"credentials":{"database":3,"token":12}}
            """
        case .plan: plan(openPlan)
        }
    }

    /// Without its checksum.
    private static let openPlan =
        """
        {"format":"finflowctl-plan","version":1,"run":"\(run)","at":"2026-11-24T14:03:12Z","user":"ops","from":"m","environment":"lab","limit":null,"tags":["a"],"skip_tags":[],"salt":"00","assignments":{"x":"1"},"files":{"site.yaml":"2"},"tasks":[{"task":"h/r/a","host":"h","title":"file /etc/a","place":"site.yaml:3","status":"changed","origin":"new","changes":[{"kind":"update","what":"content","before":"a","after":"b"}],"declaration":"d","state":"s","observed":{"mode":"0644"},"credentials":["database@3"]}]
        """

    /// With the checksum that whoever edits a plan with care would write: what is behind it is to
    /// be reached.
    private static func plan(_ open: String) -> String {
        guard let members = (try? JSON(parsing: open + "}"))?.members else { return open }
        return "\(open),\"checksum\":\"\(BindingPlan.checksum(of: members))\"}"
    }

    /// Whether it is understood; what is must come back from what is written of it.
    private static func understands(_ file: File, _ bytes: [UInt8]) -> Bool {
        let text = String(decoding: bytes, as: UTF8.self)
        switch file {
        case .lock:
            guard case .held(let lock, _) = HostLock.content(of: text) else { return false }
            guard case .held(let again, _) = HostLock.content(of: lock.line) else {
                Issue.record("\(lock.line)")
                return false
            }
            #expect(again == lock)
        case .applied:
            let states = AppliedStates(text: text)
            let lines = states.states.map { AppliedStates.line($0.key, $0.value) }
            let again = AppliedStates(text: lines.joined(separator: "\n"))
            #expect(again.states == states.states && again.damagedLines == 0)
            return states.damagedLines == 0
        case .journal:
            guard let run = RunID(run) else { return false }
            let journal = RecordedRun(run, text: text)
            let lines = text.split(separator: "\n").count
            #expect(journal.entries.count + journal.damagedLines <= lines)
            for entry in journal.entries {
                for step in entry.undo { #expect(UndoStep(step.json) == step) }
            }
            return journal.damagedLines == 0 && journal.entries.contains { $0.unreadable == 0 }
        case .credentials:
            guard let applied = AppliedCredentials(parsing: text) else { return false }
            #expect(AppliedCredentials(parsing: applied.line) == applied)
        case .plan:
            guard let plan = try? BindingPlan(parsing: bytes, named: "p") else { return false }
            let again = try? BindingPlan(parsing: Array(plan.text.utf8), named: "p")
            #expect(again == plan)
        }
        return true
    }

    private static let scraps = [
        "\n", " ", "{", "}", "\"", ":", "-1", "9223372036854775807", "99999999999999999999", "null",
        "\0", "é", "[", "]", ",", "1e999", "true", "{}", "[]", "\\u", "\\", "\u{FEFF}", "\r",
    ]

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 2 where place < bytes.count:
                bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 3: bytes.removeLast(min(bytes.count, Int.random(in: 1...80, using: &random)))
            case 4:
                // A letter or digit of a value, by which more stays well-formed.
                if let letter = bytes[place...].firstIndex(where: { (48...57).contains($0) }) {
                    bytes[letter] = UInt8.random(in: 48...57, using: &random)
                }
            default:
                let scrap = scraps.randomElement(using: &random) ?? ""
                bytes.insert(contentsOf: scrap.utf8, at: place)
            }
        }
    }

    @Test(arguments: File.allCases)
    func `it is understood or refused, whatever was done to it`(file: File) {
        let sample = Self.sample(file)
        #expect(Self.understands(file, Array(sample.utf8)))
        var random = SeededGenerator(seed: UInt64(file.rawValue.utf8.count))
        let rounds = Slice.isLong ? 200_000 : 3000
        var understood = 0
        for _ in 0..<rounds {
            var bytes = Array(sample.utf8)
            if file == .plan, Bool.random(using: &random) {
                // As somebody who sums it up anew.
                bytes = Array(Self.openPlan.utf8)
                Self.damage(&bytes, &random)
                bytes = Array(Self.plan(String(decoding: bytes, as: UTF8.self)).utf8)
            } else {
                Self.damage(&bytes, &random)
            }
            if Self.understands(file, bytes) { understood += 1 }
        }
        print("\(file.rawValue): \(rounds) inputs, \(understood) understood, the others refused")
        #expect(understood > 0 && understood < rounds)
    }
}
