import Glibc
import Testing
import Vocabulary

@testable import YAML

/// Mutations of real playbooks: whatever comes out, it is a document or diagnostics whose places
/// lie in the text.
@Suite("Hostile YAML")
struct HostileInputTests {
    private static let seeds = [
        """
        role: common
        vars: { timezone: UTC, list: [1, 0x1F, "0644"] }
        tasks:
          - id: ntp
            template: { source: chrony.conf, path: /etc/chrony.conf, mode: "0644" }
            notify: [ntp-restart]
          - id: motd
            file:
              path: '/etc/it''s'
              content: |
                Hello {{ name }}

                  indented
              other: >-
                folded
                text
        """,
        """
        base: &base { a: 1, b: "x\\u00e9\\n" }
        all:
          - <<: *base
            c: ~
          - ? complex
            : value
        # comment
        ---
        - é😀: !!str 12
        - "double
           folded"
        """,
    ]
    private static let fragments: [[UInt8]] =
        [
            "{{", "}}", "\t", "\n", "\r\n", ": ", "- ", "&a ", "*a", "<<: *a", "|\n", ">2-\n", "'",
            "\"",
            "\\", "\\u", "%", "---\n", "...\n", "? ", "!!str ", "[", "]", "{", "}", ",", "#",
            "0644",
            "é", "\u{2028}", "\u{FEFF}", "~", "  ",
        ].map { Array($0.utf8) } + [[0], [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90]]

    /// `FINFLOW_LONG=1` runs them all, everything else a slice.
    private static let runs: Range<UInt64> = getenv("FINFLOW_LONG") == nil ? 0..<1 : 0..<50

    @Test("20,000 mutated documents neither crash nor point outside themselves", arguments: runs)
    func fuzz(run: UInt64) {
        var random = SeededGenerator(seed: 0x5EED + run)
        var accepted = 0
        for round in 0..<20_000 {
            var bytes = Array(Self.seeds[round % Self.seeds.count].utf8)
            for _ in 0..<Int.random(in: 1...6, using: &random) { mutate(&bytes, &random) }
            do {
                let documents = try YAMLReader().documents(bytes, file: "t")
                accepted += 1
                for document in documents { checkPositions(of: document) }
            } catch {
                #expect(error.hasErrors)
                let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
                for diagnostic in error.all {
                    guard let place = diagnostic.place else {
                        Issue.record("no place: \(diagnostic.message)")
                        continue
                    }
                    #expect((1...lines + 1).contains(place.line), "\(bytes)")
                    #expect(place.column >= 1 && place.end > place.start)
                    _ = diagnostic.rendered { _ in String(decoding: bytes, as: UTF8.self) }
                }
            }
        }
        #expect(accepted > 1000)
    }

    private func checkPositions(of node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar):
            var inner = SourcePlace.Position(line: 1, column: 1)
            var last = inner
            for character in scalar.text.unicodeScalars {
                let position = scalar.position(of: inner)
                #expect(position >= last || scalar.text.isEmpty)
                last = position
                if character == "\n" {
                    inner = .init(line: inner.line + 1, column: 1)
                } else {
                    inner.column += 1
                }
            }
        case .sequence(let elements): elements.forEach(checkPositions)
        case .mapping(let entries): entries.forEach { checkPositions(of: $0.value) }
        }
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let index = Int.random(in: 0...max(0, bytes.count - 1), using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0 where !bytes.isEmpty: bytes[index] = UInt8.random(in: 0...127, using: &random)
        case 1 where !bytes.isEmpty:
            let end = min(bytes.count, index + Int.random(in: 1...12, using: &random))
            bytes.removeSubrange(index..<end)
        case 2 where !bytes.isEmpty:
            let end = min(bytes.count, index + Int.random(in: 1...30, using: &random))
            let copy = bytes[index..<end]
            bytes.insert(contentsOf: copy, at: Int.random(in: 0...bytes.count, using: &random))
        default:
            let fragment = Self.fragments.randomElement(using: &random) ?? []
            bytes.insert(contentsOf: fragment, at: min(index, bytes.count))
        }
    }
}
