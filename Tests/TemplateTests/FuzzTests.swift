import Glibc
import Template
import Testing
import Vocabulary

/// Random and broken templates: never a crash or a hang, and each problem has a place in the text.
struct FuzzTests {
    private static let fragments: [String] = [
        "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "{{-", "-}}", "{%-", "-%}", " ", "\n", "\r\n",
        "if", "elif", "else", "endif", "for", "endfor", "in", "set", "raw", "endraw", "not", "and",
        "or", "is", "defined", "none", "true", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", ".",
        ",", ":", "=", "==", "<", "|", "~", "*", "/", "//", "%", "port", "db", "db.host", "words",
        "x", "loop", "facts", "secret", "1", "-9223372036854775808", "1e309", "0.5", "default",
        "join", "map",
        "sort", "range(", "to_json", "from_json", "select", "'odd'", "attribute=", "b64decode", "é",
        "🚀",
        "\u{0}",
    ]

    private static let seeds: [String] =
        JinjaComparisonTests.accepted + JinjaComparisonTests.refused + own

    private static let own: [String] = [
        "{{ facts.os.name ~ secret }}{% if facts.x %}{{ secret }}{% endif %}",
        "{% for s in services if s.on %}{% for k, v in s.db %}{{ k }}{% endfor %}{% endfor %}",
    ]

    private let scope = Scope([
        Scope.Layer("test", values: JinjaComparisonTests.values),
        Scope.Layer(
            "more", values: ["secret": .sensitive(of: "hunter2"), "facts": .unknown("later")]),
    ])

    /// `FINFLOW_LONG=1` runs them all, everything else a slice.
    private static let runs: ClosedRange<UInt64> = getenv("FINFLOW_LONG") == nil ? 1...2 : 1...60

    @Test(arguments: runs)
    func `no text crashes, hangs or loses its place`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var generator = TemplateGenerator(seed: seed)
        var counts = (parsed: 0, rendered: 0, refused: 0)
        for index in 0..<6000 {
            let text: String =
                switch index % 3 {
                case 0: soup(&random)
                case 1: mutated(Self.seeds[index % Self.seeds.count], &random)
                default: mutated(generator.template(), &random)
                }
            try run(text, &counts)
        }
        print(
            "fuzz seed \(seed): 6000 templates, \(counts.parsed) parsed, "
                + "\(counts.rendered) rendered, \(counts.refused) refused with places")
        #expect(counts.parsed > 300)
        #expect(counts.rendered > 100)
        #expect(counts.refused > 1000)
    }

    private func run(
        _ text: String, _ counts: inout (parsed: Int, rendered: Int, refused: Int)
    ) throws {
        do {
            let template = try TextTemplate.parse(text, at: TextOrigin(file: "t"))
            counts.parsed += 1
            expectPlaces(template.references.map(\.place), in: text)
            let value = try template.render(
                in: scope, limits: RenderLimits(text: .mebibytes(1), steps: 20_000))
            counts.rendered += 1
            #expect(!value.display.contains("hunter2"), "\(text.visible)")
        } catch {
            counts.refused += 1
            #expect(!error.all.isEmpty)
            for diagnostic in error.all {
                #expect(!diagnostic.message.contains("hunter2"), "\(text.visible)")
                _ = try #require(diagnostic.place, "\(text.visible)")
            }
            expectPlaces(error.all.compactMap(\.place), in: text)
        }
    }

    private func expectPlaces(_ places: [SourcePlace], in text: String) {
        guard !places.isEmpty else { return }
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map(\.count)
        for place in places {
            let isInside =
                lines.indices.contains(place.line - 1) && place.column >= 1
                && place.column <= lines[place.line - 1] + 1 && place.start < place.end
            #expect(isInside, "\(place) in \(text.visible)")
        }
    }

    private func soup(_ random: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            text += Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &random)]
            if Bool.random(using: &random) { text += " " }
        }
        return text
    }

    private func mutated(_ text: String, _ random: inout SeededGenerator) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0...scalars.count, using: &random)
            let other = Int.random(in: 0...scalars.count, using: &random)
            let range = min(place, other)..<max(place, other)
            let fragment = Self.fragments[Int.random(in: 0..<Self.fragments.count, using: &random)]
            switch Int.random(in: 0..<5, using: &random) {
            case 0: scalars.insert(contentsOf: fragment.unicodeScalars, at: place)
            case 1 where place < scalars.count: scalars.remove(at: place)
            case 2 where range.count < 12: scalars.removeSubrange(range)
            case 3 where scalars.count < 2000: scalars.insert(contentsOf: scalars[range], at: place)
            default: scalars.append(contentsOf: fragment.unicodeScalars)
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
