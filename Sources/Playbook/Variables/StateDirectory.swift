import Hosts
import Schema
import Template
import Vocabulary

/// The variable `state_directory`: where finflowctl keeps on a host what it remembers of it.
///
/// It is one for all that is done on a host, so no role and no play can set it.
enum StateDirectory {
    static let variable = "state_directory"
    static let usual = "/var/lib/finflow"

    /// - Parameter stack: the variables of the environment, the groups, the host and `--set`.
    /// - Throws: When it is set to something else than an absolute path.
    static func path(
        on host: Host, _ stack: VariableStack, _ builtins: BuiltinVariables
    ) throws(Diagnostics) -> String {
        guard stack.defines(variable) else { return usual }
        let variables = stack.variables(
            computing: variable, with: builtins.layer(for: host, role: ""))
        if let failure = variables.failures[variable] { throw failure }
        guard let binding = variables.scope.binding(of: variable) else { return usual }
        let place = binding.place ?? .nowhere
        if case .unknown(let reason) = binding.value {
            throw Diagnostics(
                Diagnostic(
                    .knownOnlyLater,
                    "`\(variable)` has to be known before the host is asked: \(reason)",
                    at: place))
        }
        do throws(Diagnostics) {
            return try FieldType<String>.absolutePath.read(
                PlacedValue(binding.value, at: place))
        } catch {
            throw Diagnostics(
                error.all.map { problem in
                    var problem = problem
                    problem.help =
                        "`\(variable)` is where finflowctl keeps what it remembers of a host."
                    return problem
                })
        }
    }
}

extension VariableLayer {
    /// The layer, which belongs to a role or a play and so must not set what is one for all
    /// that is done on a host.
    func ofNoHost() throws(Diagnostics) -> VariableLayer {
        guard let place = place(of: StateDirectory.variable) else { return self }
        throw Diagnostics(
            Diagnostic(
                .badVariableName,
                "`\(StateDirectory.variable)` is one for all that is done on a host", at: place,
                hint: "set it for the environment, a group or a host"))
    }
}
