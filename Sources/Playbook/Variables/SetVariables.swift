import Schema
import Template
import Vocabulary
import YAML

/// Variables of the command line: `--set name=value`.
struct SetVariables {
    /// What the operator said.
    let said: [(name: String, text: String)]
    /// What the program sets by itself, unless the operator does.
    let implied: [(name: String, text: String)]

    init(_ said: [(String, String)], implied: [(String, String)] = []) {
        self.said = said.map { (name: $0, text: $1) }
        self.implied = implied.map { (name: $0, text: $1) }
    }

    /// A value is what YAML makes of it when it is a list, a mapping or in quotes; else a
    /// number, a boolean or a text. Of equal names the last one counts.
    func layer() throws(Diagnostics) -> VariableLayer {
        var wrong = Diagnostics()
        var entries: [PlacedValue.Entry] = []
        let files =
            implied.map { _ in "<implied>" } + said.indices.map(Self.file)
        for ((name, text), file) in zip(implied + said, files) {
            entries.removeAll { $0.key == name }
            let value = wrong.collect { () throws(Diagnostics) in
                try Self.value(of: text, file: file, column: name.unicodeScalars.count + 2)
            }
            guard let value else { continue }
            entries.append(
                PlacedValue.Entry(
                    key: name,
                    keyPlace: Self.place(of: name, in: file),
                    value: value))
        }
        let layer = wrong.collect { () throws(Diagnostics) in try VariableLayer("--set", entries) }
        try wrong.throwIfErrors()
        guard let layer else { throw wrong }
        return layer
    }

    /// Where the operator said a name, the last time.
    func place(of name: String) -> SourcePlace? {
        said.lastIndex { $0.name == name }.map { Self.place(of: name, in: Self.file($0)) }
    }

    private static func file(_ index: Int) -> String { "<--set \(index + 1)>" }

    private static func place(of name: String, in file: String) -> SourcePlace {
        SourcePlace(
            file: file, start: .init(line: 1, column: 1),
            end: .init(line: 1, column: name.unicodeScalars.count + 1))
    }

    private static func value(
        of text: String, file: String, column: Int
    ) throws(Diagnostics) -> PlacedValue {
        let start = SourcePlace.Position(line: 1, column: column)
        let end = SourcePlace.Position(line: 1, column: column + max(1, text.unicodeScalars.count))
        let place = SourcePlace(file: file, start: start, end: end)
        if let first = text.first, "[{'\"".contains(first), !text.hasPrefix("{{"),
            !text.hasPrefix("{%")
        {
            // Padded, so that its places are those of `name=value`.
            let padding = String(repeating: " ", count: column - 1)
            return PlacedValue(try YAMLReader().document(padding + text, file: file))
        }
        let value: Value =
            switch YAMLScalar.Meaning(plain: text) {
            case .bool(let flag): .bool(flag)
            case .int(let number): .int(number)
            case .double(let number): .double(number)
            case .null, .text: .string(text)
            }
        return PlacedValue(.scalar(value), at: place, textOrigin: TextOrigin(place))
    }
}
