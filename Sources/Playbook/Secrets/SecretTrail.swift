import Schema
import Template
import Vocabulary

/// How credentials get into what is filled in: the variables a second time, with tokens for
/// the credentials, and which credentials each variable may have in it.
struct SecretTrail: Sendable {
    let credentials: Credentials
    private let scope: Scope
    /// By variable, of those that use any: the names, all of them where it is computed which.
    private let names: [String: Set<String>]

    private init(credentials: Credentials, scope: Scope, names: [String: Set<String>]) {
        self.credentials = credentials
        self.scope = scope
        self.names = names
    }

    /// - Returns: `nil` where no credentials were opened.
    init?(
        _ stack: VariableStack, _ secrets: SecretsInput, in variables: Variables,
        _ compute: (Scope.Layer) -> Scope
    ) {
        guard let credentials = secrets.credentials, let tokens = secrets.tokens else { return nil }
        self.credentials = credentials
        let names = Self.names(in: stack, credentials)
        self.names = names
        // Most variables have no credential in them: then one layer makes all the difference.
        scope = names.isEmpty ? variables.scope.adding(tokens) : compute(tokens)
    }

    /// With a layer on top, of which some variables were made of credentials.
    func adding(_ layer: Scope.Layer, tokens: [String: Value], names more: [String: Set<String>])
        -> SecretTrail
    {
        var layer = layer
        for (name, value) in tokens { layer.bindings[name]?.value = value }
        var names = names
        for name in layer.bindings.keys { names[name] = more[name] }
        return SecretTrail(credentials: credentials, scope: scope.adding(layer), names: names)
    }

    /// The credentials that may go into something that uses these variables, sorted.
    func used(by uses: VariableUses) -> [CredentialVersion] {
        var found = Self.named(by: uses, credentials)
        if !names.isEmpty {
            for name in uses.names { if let more = names[name] { found.formUnion(more) } }
        }
        return found.compactMap { credentials[$0]?.reference }.sorted()
    }

    /// A value that was filled in, with what is known of each secret text in it.
    ///
    /// - Parameter again: fills it in once more.
    func traced(
        _ value: Value, _ uses: VariableUses, at place: SourcePlace,
        _ again: (Scope) throws(Diagnostics) -> Value
    ) -> PlacedValue {
        guard value.isSensitive else { return PlacedValue(value, at: place) }
        let used = used(by: uses)
        guard !used.isEmpty else { return PlacedValue(value, at: place) }
        let tokens = try? again(scope)
        return traced(value, tokens, used, at: place)
    }

    /// Walks through the value and through what was made with tokens side by side, as far as
    /// they are alike.
    private func traced(
        _ value: Value, _ tokens: Value?, _ used: [CredentialVersion], at place: SourcePlace
    ) -> PlacedValue {
        switch value {
        case .list(let elements):
            let others = tokens?.list.flatMap { $0.count == elements.count ? $0 : nil }
            return PlacedValue(
                .list(
                    elements.enumerated().map { index, element in
                        traced(element, others?[index], used, at: place)
                    }), at: place)
        case .map(let entries):
            let others = tokens?.map
            return PlacedValue(
                .map(
                    entries.map { key, element in
                        PlacedValue.Entry(
                            key: key, keyPlace: place,
                            value: traced(element, others?[key], used, at: place))
                    }), at: place)
        case .sensitive:
            var placed = PlacedValue(.scalar(value), at: place)
            placed.origin = origin(of: value, tokens, used)
            return placed
        default:
            return PlacedValue(.scalar(value), at: place)
        }
    }

    private func origin(
        of value: Value, _ tokens: Value?, _ used: [CredentialVersion]
    ) -> SecretOrigin {
        guard let text = value.sensitiveString, let tokens = tokens?.string,
            let referenced = CredentialToken.referenced(tokens, being: text, with: credentials),
            !referenced.credentials.isEmpty
        else { return SecretOrigin(credentials: used) }
        // What it is made of is known exactly.
        return SecretOrigin(referenced: referenced, credentials: referenced.credentials)
    }
}

extension SecretTrail {
    private static func named(by uses: VariableUses, _ credentials: Credentials) -> Set<String> {
        var found: Set<String> = []
        for use in uses.secrets {
            guard let name = use.name else { return Set(credentials.names) }
            found.insert(name)
        }
        return found
    }

    /// For each variable that has something computed in it, what can get in there.
    private static func names(
        in stack: VariableStack, _ credentials: Credentials
    ) -> [String: Set<String>] {
        var result: [String: Set<String>] = [:]
        for layer in stack.layers {
            for (name, computed) in layer.computed {
                let found = named(by: computed.value.uses, credentials)
                if !found.isEmpty { result[name, default: []].formUnion(found) }
            }
        }
        guard !result.isEmpty else { return [:] }
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for layer in stack.layers {
                for (name, computed) in layer.computed {
                    var found = result[name] ?? []
                    let before = found.count
                    for used in computed.value.uses.names {
                        if let more = result[used] { found.formUnion(more) }
                    }
                    guard found.count > before else { continue }
                    result[name] = found
                    isGrowing = true
                }
            }
        }
        return result
    }
}

extension PlacedValue {
    /// The value as it would be with tokens for the credentials, where that is known.
    var tokens: Value {
        switch content {
        case .scalar(let value):
            origin?.referenced.map { .string(CredentialToken.text(for: $0)) } ?? value
        case .list(let elements): .list(elements.map(\.tokens))
        case .map(let entries): .map(of: entries.lazy.map { (key: $0.key, value: $0.value.tokens) })
        }
    }

    /// All credentials that may be in it.
    var credentials: Set<CredentialVersion> {
        switch content {
        case .scalar: Set(origin?.credentials ?? [])
        case .list(let elements): elements.reduce(into: []) { $0.formUnion($1.credentials) }
        case .map(let entries): entries.reduce(into: []) { $0.formUnion($1.value.credentials) }
        }
    }
}
