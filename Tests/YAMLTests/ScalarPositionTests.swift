import Testing
import Vocabulary

@testable import YAML

/// A `@` in each text: where the scalar says that it is, it must stand in the file.
@Suite("Positions inside scalars")
struct ScalarPositionTests {
    @Test(
        "each position of a text leads to where it was written",
        arguments: [
            "k: plain @ text",
            "k: plain text\n  over @ lines",
            "k: plain text\n\n  over @ lines",
            "k: 'single @ quoted'",
            "k: 'it''s @ quoted'",
            "k: '''@'",
            "k: 'over\n\n   two\n   @ lines'",
            #"k: "double @ quoted""#,
            #"k: "a\tb\u00e9\x41\U0001F600\\ @""#,
            "k: \"over\\\n   a fold @\"",
            "k: \"over  \n   a fold @\"",
            "k: |\n  first\n  sec@nd\n",
            "k: |\n\n\n  first\n\n    sec@nd\n",
            "k: |2-\n    first\n  sec@nd",
            "k: |-\n  @\n\n\n",
            "k: | # comment\n  a\n  é😀@",
            "k: >\n  folded\n  te@t\n",
            "k: >-\n  folded\n\n  text\n    more\n    inden@ed\n  less\n",
            "k:\n  - [a, \"x @\"]",
            "- k: &a '@'\n- *a",
        ])
    func position(text: String) throws {
        let document = try YAMLReader().document(text, file: "t")
        let scalar = try #require(document.firstScalar { $0.text.contains("@") })
        let inner = try #require(Self.position(in: scalar.text))
        #expect(scalar.position(of: inner) == Self.position(in: text))
    }

    @Test("a position behind the end is the end of what was written")
    func end() throws {
        let node = try YAMLReader().document("k: 'abc'\n", file: "t")
        let end = node["k"]?.scalar?.position(of: .init(line: 1, column: 4))
        #expect(end == .init(line: 1, column: 8))
    }

    private static func position(in text: String) -> SourcePlace.Position? {
        for (line, content) in text.unicodeScalars.split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() {
            if let index = content.firstIndex(of: "@") {
                let column = content.distance(from: content.startIndex, to: index)
                return .init(line: line + 1, column: column + 1)
            }
        }
        return nil
    }
}

extension YAMLNode {
    func firstScalar(where matches: (YAMLScalar) -> Bool) -> YAMLScalar? {
        switch content {
        case .scalar(let scalar): matches(scalar) ? scalar : nil
        case .sequence(let elements):
            elements.compactMap { $0.firstScalar(where: matches) }.first
        case .mapping(let entries):
            entries.compactMap { $0.value.firstScalar(where: matches) }.first
        }
    }
}
