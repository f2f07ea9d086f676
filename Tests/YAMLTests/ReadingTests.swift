import Testing
import Vocabulary

@testable import YAML

@Suite("Reading YAML")
struct ReadingTests {
    @Test("only the core schema's plain texts are anything but texts")
    func coreSchema() throws {
        let cases: [(String, YAMLScalar.Meaning)] = [
            ("~", .null), ("null", .null), ("", .null), ("true", .bool(true)),
            ("False", .bool(false)), ("yes", .text), ("no", .text), ("on", .text), ("off", .text),
            ("12", .int(12)), ("-3", .int(-3)), ("+7", .int(7)), ("0", .int(0)),
            ("0x1F", .int(31)), ("0o17", .int(15)), ("0o8", .text), ("1.5", .double(1.5)),
            (".5", .double(0.5)), ("1e3", .double(1000)), ("1.", .double(1)), ("1_000", .text),
            ("1:30", .text), ("2001-12-14", .text), (".inf", .double(.infinity)), ("-", .text),
            ("1.2.3", .text), ("e5", .text), ("0x", .text), (".", .text),
        ]
        for (written, meaning) in cases where written != "-" {
            let node = try YAMLReader().document("key: \(written)\n", file: "t")
            #expect(node["key"]?.scalar?.meaning == meaning, "\(written)")
        }
    }

    @Test("a quoted scalar is a text whatever is in it")
    func quoted() throws {
        let node = try YAMLReader().document(#"[ "0644", 'true', !!str 12, "" ]"#, file: "t")
        #expect(node.sequence?.map(\.scalar?.text) == ["0644", "true", "12", ""])
        #expect(node.sequence?.allSatisfy { $0.scalar?.meaning == .text } == true)
    }

    @Test("entries keep their order, and keys and values their places")
    func places() throws {
        let node = try YAMLReader().document("b: [1, two]\na:\n  c: x\n", file: "t")
        #expect(node.mapping?.map(\.key) == ["b", "a"])
        #expect(node.mapping?.first?.keyPlace == place(1, 1, to: 2))
        #expect(node["b"]?.sequence?[1].place == place(1, 8, to: 11))
        #expect(node["a"]?["c"]?.place == place(3, 6, to: 7))
    }

    @Test("columns count characters, not bytes")
    func unicodeColumns() throws {
        let node = try YAMLReader().document("{ é😀: x }", file: "t")
        #expect(node["é😀"]?.place == place(1, 7, to: 8))
    }

    @Test("an empty file, and one of comments alone, are nothing")
    func empty() throws {
        for text in ["", "# only a comment\n", "---\n", "\u{FEFF}"] {
            let node = try YAMLReader().document(text, file: "t")
            #expect(node.scalar?.meaning == .null)
        }
    }

    @Test("a byte order mark and Windows line ends change nothing")
    func windows() throws {
        let node = try YAMLReader().document("\u{FEFF}a: 1\r\nb: |\r\n  x\r\n  y\r\n", file: "t")
        #expect(node["a"]?.place == place(1, 4, to: 5))
        #expect(node["b"]?.scalar?.text == "x\ny\n")
        let inner = SourcePlace.Position(line: 2, column: 1)
        #expect(node["b"]?.scalar?.position(of: inner) == .init(line: 4, column: 3))
    }

    @Test("an alias is what it stands for, at its own place")
    func aliases() throws {
        let node = try YAMLReader().document("a: &x { k: [1] }\nb: *x\n", file: "t")
        #expect(node["b"]?.place == place(2, 4, to: 6))
        #expect(node["b"]?["k"]?.sequence?.count == 1)
        #expect(node["b"]?["k"]?.place == node["a"]?["k"]?.place)
    }

    @Test("`<<` adds what is not written, the earlier source first")
    func merges() throws {
        let text = """
            one: &one { a: 1, b: 1, c: 1 }
            two: &two { a: 2, d: 2 }
            all: { <<: [*one, *two], b: 3 }
            """
        let all = try YAMLReader().document(text, file: "t")["all"]
        let read = all?.mapping?.map { "\($0.key)=\($0.value.scalar?.text ?? "")" }
        #expect(read == ["b=3", "a=1", "c=1", "d=2"])
    }

    @Test("several documents are read only where they are asked for")
    func documents() throws {
        let all = try YAMLReader().documents(Array("a\n---\nb\n".utf8), file: "t")
        #expect(all.map(\.scalar?.text) == ["a", "b"])
    }

    private func place(_ line: Int, _ column: Int, to end: Int) -> SourcePlace {
        SourcePlace(
            file: "t", start: .init(line: line, column: column), end: .init(line: line, column: end)
        )
    }
}
