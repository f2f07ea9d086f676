public import Vocabulary

/// The variables that a template can see, in layers: what a later layer sets hides what an
/// earlier one does. Each value knows which layer and which line set it.
public struct Scope: Sendable {
    public struct Binding: Sendable, Hashable {
        public var value: Value
        /// Where it was set, when that was in a text.
        public var place: SourcePlace?

        public init(_ value: Value, at place: SourcePlace? = nil) {
            self.value = value
            self.place = place
        }
    }

    public struct Layer: Sendable, Hashable {
        /// In the operator's words: `environment staging`, `host app-1`, `--set`.
        public var name: String
        public var bindings: [String: Binding]
        /// Why there is nothing at these paths: told to whoever asks for what is there.
        public var absences: [[String]: String] = [:]

        public init(_ name: String, _ bindings: [String: Binding] = [:]) {
            self.name = name
            self.bindings = bindings
        }

        /// A layer whose values were not set in a text.
        public init(_ name: String, values: [String: Value]) {
            self.init(name, values.mapValues { Binding($0) })
        }
    }

    /// A variable with the layer that set it.
    public struct Origin: Sendable, Hashable {
        public var layer: String
        public var binding: Binding
    }

    /// Lowest precedence first.
    public private(set) var layers: [Layer]

    public init(_ layers: [Layer] = []) {
        self.layers = layers
    }

    /// Adds a layer above all others.
    public mutating func push(_ layer: Layer) {
        layers.append(layer)
    }

    /// This scope with one more layer above all others.
    public func adding(_ layer: Layer) -> Scope {
        Scope(layers + [layer])
    }

    public subscript(name: String) -> Value? { binding(of: name)?.value }

    public func binding(of name: String) -> Binding? {
        for layer in layers.reversed() {
            if let binding = layer.bindings[name] { return binding }
        }
        return nil
    }

    /// Every layer that sets `name`; the one that counts first.
    public func origins(of name: String) -> [Origin] {
        layers.reversed().compactMap { layer in
            layer.bindings[name].map { Origin(layer: layer.name, binding: $0) }
        }
    }

    /// All names that are set, sorted.
    public var names: [String] {
        layers.reduce(into: Set<String>()) { $0.formUnion($1.bindings.keys) }.sorted()
    }

    /// Why there is nothing at a path, where somebody said so.
    func absence(at path: [String]) -> String? {
        for layer in layers.reversed() {
            if let reason = layer.absences[path] { return reason }
        }
        return nil
    }

    /// The value at a path of map keys; `nil` where it ends in nothing.
    public func value(at path: [String]) -> Value? {
        guard let first = path.first, var value = self[first] else { return nil }
        for key in path.dropFirst() {
            guard let next = value.member(key) else { return nil }
            value = next
        }
        return value
    }
}

extension Value {
    /// What a map holds under `key`; what is under a secret is secret, under an unknown unknown.
    func member(_ key: String) -> Value? {
        switch self {
        case .map(let entries): entries[key]
        case .sensitive(let secret):
            secret.withExposed { $0.member(key) }.map { .sensitive(of: $0) }
        case .unknown: self
        default: nil
        }
    }
}
