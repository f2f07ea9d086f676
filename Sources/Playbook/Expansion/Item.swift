import Schema
import Template
import Vocabulary

/// One turn of a `for_each`.
struct Item: Sendable {
    let key: String
    let value: Value
    let place: SourcePlace
    /// The value with tokens for the credentials in it.
    let tokens: Value
    /// The names of the credentials in it.
    let credentials: Set<String>

    private init(_ key: String, _ value: PlacedValue, at place: SourcePlace) {
        self.key = key
        self.value = value.value
        self.place = place
        tokens = value.tokens
        credentials = Set(value.credentials.map(\.name))
    }

    /// The variables of a single task: its item, and the outputs of others.
    static func layer(_ item: Item?, tasks: Value) -> Scope.Layer {
        var layer = Scope.Layer("task")
        layer.bindings["tasks"] = Scope.Binding(tasks)
        if let item {
            layer.bindings["item"] = Scope.Binding(item.value, at: item.place)
            layer.bindings["item_key"] = Scope.Binding(.string(item.key), at: item.place)
        }
        return layer
    }

    /// The items of a `for_each` with everything in it filled in.
    static func all(of value: PlacedValue) throws(Diagnostics) -> [Item] {
        let items: [Item]
        switch value.content {
        case .list(let elements):
            items = elements.enumerated().map { index, element in
                Item(Self.key(of: element) ?? String(index), element, at: element.place)
            }
        case .map(let entries):
            items = entries.map { entry in
                Item(entry.key, entry.value, at: entry.keyPlace)
            }
        case .scalar(.unknown(let reason)):
            throw Diagnostics(
                Diagnostic(
                    .knownOnlyLater, "what this repeats over is known only later: \(reason)",
                    at: value.place))
        case .scalar:
            throw Diagnostics(
                Diagnostic(
                    .badForEach, "expected a list or a mapping, found \(value.kindInWords)",
                    at: value.place, hint: Self.hint(for: value)))
        }
        try checkKeys(items)
        return items
    }

    private static func key(of element: PlacedValue) -> String? {
        switch element.content {
        case .scalar(.string(let text)): text
        case .scalar(.int(let number)): String(number)
        case .scalar(.bool(let flag)): String(flag)
        case .map:
            ["name", "id", "key"].lazy.compactMap { key -> String? in
                guard case .scalar(let value)? = element[key]?.content else { return nil }
                return value.string ?? value.int.map(String.init)
            }.first
        default: nil
        }
    }

    private static func checkKeys(_ items: [Item]) throws(Diagnostics) {
        var wrong = Diagnostics()
        var places: [String: SourcePlace] = [:]
        for item in items {
            guard let first = places.updateValue(item.place, forKey: item.key) else { continue }
            wrong.add(
                Diagnostic(
                    .badForEach, "two elements have the key `\(item.key.visible)`", at: item.place,
                    related: first == item.place ? [] : [.init("the first one is here", at: first)])
            )
        }
        try wrong.throwIfErrors()
    }

    private static func hint(for value: PlacedValue) -> String? {
        guard case .scalar(.string(let text)) = value.content, text.isVariableName else {
            return nil
        }
        return "did you mean \"{{ \(text) }}\"?"
    }
}
