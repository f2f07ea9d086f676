import Schema
import Template
import Vocabulary
import YAML

extension PlacedValue {
    init(_ node: YAMLNode) {
        switch node.content {
        case .scalar(let scalar):
            let origin = TextOrigin(file: node.place.file) { scalar.position(of: $0) }
            self.init(.scalar(Value(scalar)), at: node.place, textOrigin: origin)
        case .sequence(let elements):
            self.init(.list(elements.map { PlacedValue($0) }), at: node.place)
        case .mapping(let entries):
            self.init(
                .map(
                    entries.map { entry in
                        Entry(
                            key: entry.key, keyPlace: entry.keyPlace,
                            value: PlacedValue(entry.value))
                    }), at: node.place)
        }
    }
}

extension Value {
    fileprivate init(_ scalar: YAMLScalar) {
        self =
            switch scalar.meaning {
            case .null: .null
            case .bool(let flag): .bool(flag)
            case .int(let number): .int(number)
            case .double(let number): .double(number)
            case .text: .string(scalar.text)
            }
    }
}
