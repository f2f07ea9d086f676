public import Template
public import Vocabulary

/// A value as an operator wrote it, with the place of each of its parts: what a schema reads.
public struct PlacedValue: Sendable {
    public enum Content: Sendable {
        case scalar(Value)
        case list([PlacedValue])
        case map([Entry])
    }

    public struct Entry: Sendable {
        public var key: String
        public var keyPlace: SourcePlace
        public var value: PlacedValue

        public init(key: String, keyPlace: SourcePlace, value: PlacedValue) {
            self.key = key
            self.keyPlace = keyPlace
            self.value = value
        }
    }

    public var content: Content
    public var place: SourcePlace
    /// Of a text that was written: where each position in it stands in its file. A template in
    /// it is read with this, so that its errors point into the file.
    public var textOrigin: TextOrigin?
    /// Of a secret text: how it was made, where that is known.
    public var origin: SecretOrigin?

    public init(_ content: Content, at place: SourcePlace, textOrigin: TextOrigin? = nil) {
        self.content = content
        self.place = place
        self.textOrigin = textOrigin
    }

    /// A computed value, all of whose parts stand at the one place that it came from.
    public init(_ value: Value, at place: SourcePlace) {
        self.place = place
        switch value {
        case .list(let elements):
            content = .list(elements.map { PlacedValue($0, at: place) })
        case .map(let entries):
            content = .map(
                entries.map {
                    Entry(key: $0.key, keyPlace: place, value: PlacedValue($0.value, at: place))
                })
        default:
            content = .scalar(value)
        }
    }

    /// The value without its places.
    public var value: Value {
        switch content {
        case .scalar(let value): value
        case .list(let elements): .list(elements.map(\.value))
        case .map(let entries):
            .map(of: entries.lazy.map { (key: $0.key, value: $0.value.value) })
        }
    }

    public subscript(key: String) -> PlacedValue? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// Why a part of it is known only later (a fact, an output of a task); `nil` when all of it
    /// is known.
    public var unknownReason: String? {
        switch content {
        case .scalar(let value): value.unknownReason
        case .list(let elements): elements.lazy.compactMap(\.unknownReason).first
        case .map(let entries): entries.lazy.compactMap(\.value.unknownReason).first
        }
    }

    public var isUnknown: Bool { unknownReason != nil }

    /// In the words of a message: `a list`, `the number 8080`.
    public var kindInWords: String {
        switch content {
        case .list: "a list"
        case .map: "a mapping"
        case .scalar(let value):
            switch value {
            case .null: "nothing"
            case .bool(let flag): "the boolean `\(flag)`"
            case .int(let number): "the number `\(number)`"
            case .double(let number): "the number `\(number)`"
            case .string(let text): "the text `\(text.prefix(40).visible)`"
            case .list: "a list"
            case .map: "a mapping"
            case .sensitive: "a secret"
            case .unknown: "a value that is known only later"
            }
        }
    }
}
