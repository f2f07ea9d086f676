public import Vocabulary

/// A value of a YAML document, with its place.
public struct YAMLNode: Sendable {
    public indirect enum Content: Sendable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    /// A key with its value, in the order of the text.
    public struct Entry: Sendable {
        public var key: String
        public var keyPlace: SourcePlace
        public var value: YAMLNode
    }

    public var content: Content
    /// Where it stands. Of what an alias stands for, the place of the alias; its parts keep the
    /// places where they are written.
    public var place: SourcePlace
    /// How many nodes it is made of, itself included, aliases expanded.
    let size: Int
    /// How many levels it has; 1 for a scalar.
    let height: Int
}

extension YAMLNode {
    public var scalar: YAMLScalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

    public var sequence: [YAMLNode]? {
        if case .sequence(let elements) = content { elements } else { nil }
    }

    public var mapping: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    public subscript(key: String) -> YAMLNode? { mapping?.first { $0.key == key }?.value }
}

extension YAMLNode {
    init(_ scalar: YAMLScalar, at place: SourcePlace) {
        self.init(content: .scalar(scalar), place: place, size: 1, height: 1)
    }

    init(_ elements: [YAMLNode], at place: SourcePlace) {
        self.init(
            content: .sequence(elements), place: place,
            size: elements.reduce(1) { $0 + $1.size },
            height: 1 + (elements.map(\.height).max() ?? 0))
    }

    init(_ entries: [Entry], at place: SourcePlace) {
        self.init(
            content: .mapping(entries), place: place,
            size: entries.reduce(1) { $0 + $1.value.size + 1 },
            height: 1 + (entries.map(\.value.height).max() ?? 0))
    }

    func moved(to place: SourcePlace) -> YAMLNode {
        YAMLNode(content: content, place: place, size: size, height: height)
    }
}
