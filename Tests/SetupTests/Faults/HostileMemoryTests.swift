import Hosts
import Lab
import Testing
import Vocabulary

@testable import Setup

/// What a host may print of what it remembers.
@Suite struct HostileMemoryTests {
    private static let sample = """
        in /var/lib/finflow
        key 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
        lock {"version":1,"run":"20261124T140312Z-k3f9q2","command":"setup","user":"ops","from":"m","pid":12,"birth":"b:1:1","since":"2026-11-24T14:03:12Z","boot":"x","uptime":12,"expiry":60}
        beat 20261124T140312Z-k3f9q2 17
        settled a b c
        stamps/h%2Fr%2Fa/h%2Fr%2Fb 0123
        boot 8b7f2f9e-0b3e-4f5e-9b1e-1f2f3f4f5f6f
        uptime 1234.56
        """
    private static let scraps = [
        "\n", " ", "{", "}", "\"", ":", "-1", "99999999999999999999", "lock", "beat", "in ",
        "version", "null", "\0", "é", "\u{1E}", "[", ",", "1e999", "uptime", "boot", "\\u", "\\",
    ]

    @Test func `it is understood or it is as if it were not there`() {
        let question = MemoryProbe(directory: "/var/lib/finflow")
        var random = SeededGenerator(seed: 5)
        let rounds = Slice.isLong ? 200_000 : 5000
        var (understood, refused) = (0, 0)
        for _ in 0..<rounds {
            var bytes = Array(Self.sample.utf8)
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                let end = min(bytes.count, place + Int.random(in: 0...60, using: &random))
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.removeSubrange(place..<end)
                case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
                case 2 where place < bytes.count:
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                default:
                    bytes.insert(
                        contentsOf: (Self.scraps.randomElement(using: &random) ?? "").utf8,
                        at: place)
                }
            }
            do throws(ProbeError) {
                let answers = try MemoryProbe.answers(to: [question], from: ([0] + bytes)[1...])
                if let memory = answers[question] {
                    #expect(memory.key?.withExposed { $0.utf8.count == 64 } ?? true)
                    _ = memory.standing(for: RunIdentity.new(command: "setup").run)
                }
                understood += 1
            } catch {
                refused += 1
            }
        }
        print("\(rounds) memories, \(understood) understood, \(refused) refused")
        #expect(understood > 0 && refused > 0)
    }
}
