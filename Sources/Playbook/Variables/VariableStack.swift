import Template
import Vocabulary

/// The layers of variables that a role sees on a host, lowest precedence first:
/// its defaults, the environment, groups (parents before children), the host, the play, the
/// role's entry in the play, `--set`.
struct VariableStack: Sendable {
    var layers: [VariableLayer]

    /// The variables with everything computed that can be; what cannot is kept with the reason.
    ///
    /// - Parameter secrets: those whose variable is among the builtin ones.
    func variables(with builtins: Scope.Layer, _ secrets: SecretsInput = .none) -> Variables {
        var variables = plainVariables(with: builtins)
        variables.trail = SecretTrail(self, secrets, in: variables) { tokens in
            var builtins = builtins
            builtins.bindings.merge(tokens.bindings) { $1 }
            return plainVariables(with: builtins).scope
        }
        return variables
    }

    private func plainVariables(with builtins: Scope.Layer) -> Variables {
        var computation = Computation(layers: layers, builtins: builtins)
        for layer in layers {
            for name in layer.computed.keys { computation.compute(name) }
        }
        return computation.variables
    }

    /// The same with no more computed than one variable and what it needs.
    func variables(computing name: String, with builtins: Scope.Layer) -> Variables {
        var computation = Computation(layers: layers, builtins: builtins)
        computation.compute(name)
        return computation.variables
    }

    func defines(_ name: String) -> Bool { layers.contains { $0.defines(name) } }

    /// All names that are not the same for whoever asks, given those that are not to begin with.
    func varying(from seeds: Set<String>) -> Set<String> {
        var varying = seeds
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for layer in layers {
                for (name, computed) in layer.computed where !varying.contains(name) {
                    guard !varying.isDisjoint(with: computed.value.uses.names) else { continue }
                    varying.insert(name)
                    isGrowing = true
                }
            }
        }
        return varying
    }
}

/// What a role's templates see on a host.
struct Variables: Sendable {
    let scope: Scope
    /// What is wrong with a variable's own value; it counts only where the variable is used.
    let failures: [String: Diagnostics]
    /// How credentials get into what is filled in; `nil` where there are none.
    var trail: SecretTrail?

    /// - Throws: What is wrong with the values of these variables.
    func check(_ uses: VariableUses) throws(Diagnostics) {
        guard !failures.isEmpty else { return }
        var wrong = Diagnostics()
        for name in uses.names.sorted() {
            if let failure = failures[name] { wrong.add(failure) }
        }
        try wrong.throwIfErrors()
    }

    /// With the variables of a single task on top: its item, and the outputs of others.
    func adding(_ layer: Scope.Layer, _ item: Item?) -> Variables {
        Variables(
            scope: scope.adding(layer), failures: failures,
            trail: trail?.adding(
                layer, tokens: item.map { ["item": $0.tokens] } ?? [:],
                names: item.map { ["item": $0.credentials] } ?? [:]))
    }
}

/// Computes variables in the order in which they need each other.
private struct Computation {
    let layers: [VariableLayer]
    private let base: Scope
    private var computed = Scope.Layer("variables")
    private var failures: [String: Diagnostics] = [:]
    private var path: [(name: String, place: SourcePlace)] = []

    /// Longer chains of variables than anybody writes; each link costs stack.
    private static let longestChain = 100

    init(layers: [VariableLayer], builtins: Scope.Layer) {
        self.layers = layers
        // Each layer costs every look-up.
        base = Scope(layers.map(\.literals).filter { !$0.bindings.isEmpty } + [builtins])
    }

    var variables: Variables {
        Variables(
            scope: computed.bindings.isEmpty ? base : base.adding(computed), failures: failures)
    }

    mutating func compute(_ name: String) {
        guard computed.bindings[name] == nil, let definition = definition(of: name) else { return }
        if let start = path.firstIndex(where: { $0.name == name }) {
            fail(name, cycle(from: start))
            return
        }
        guard path.count < Self.longestChain else {
            fail(name, Diagnostics(tooLong(at: definition.place)))
            return
        }
        path.append((name, definition.place))
        for used in definition.value.uses.names.sorted() { compute(used) }
        path.removeLast()
        // As a part of a cycle it has failed meanwhile.
        guard computed.bindings[name] == nil else { return }
        do throws(Diagnostics) {
            try variables.check(definition.value.uses)
            let value = try definition.value.rendered(in: variables.scope)
            computed.bindings[name] = Scope.Binding(value.value, at: definition.value.place)
        } catch {
            fail(name, error)
        }
    }

    /// The definition that counts, when it has to be computed.
    private func definition(of name: String) -> VariableLayer.Computed? {
        for layer in layers.reversed() {
            if let computed = layer.computed[name] { return computed }
            if layer.literals.bindings[name] != nil { return nil }
        }
        return nil
    }

    private mutating func fail(_ name: String, _ problems: Diagnostics) {
        failures[name] = problems
        computed.bindings[name] = Scope.Binding(.unknown("its value is an error"))
    }

    private mutating func cycle(from start: Int) -> Diagnostics {
        // The cycle is one, wherever it was entered: tell it from its first name on.
        var members = Array(path[start...])
        if let first = members.indices.min(by: { members[$0].name < members[$1].name }) {
            members = Array(members[first...] + members[..<first])
        }
        let names = members.map(\.name) + [members[0].name]
        let problem = Diagnostics(
            Diagnostic(
                .variableCycle,
                "a variable is defined by itself: "
                    + names.map { "`\($0)`" }.joined(separator: " → "),
                at: members[0].place,
                related: members.dropFirst().map { .init("`\($0.name)` is set here", at: $0.place) }
            ))
        for member in members { fail(member.name, problem) }
        return problem
    }

    private func tooLong(at place: SourcePlace) -> Diagnostic {
        Diagnostic(
            .variableCycle,
            "variables lead from one to the next more than \(Self.longestChain) times", at: place)
    }
}
