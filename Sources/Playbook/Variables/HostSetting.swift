import Hosts
import Schema
import Template
import Vocabulary

/// A variable that says how finflowctl itself treats a host.
///
/// It is one for all that is done on the host, so no role and no play can set it.
struct HostSetting<Value: Sendable>: Sendable {
    let variable: String
    let usual: Value
    let type: FieldType<Value>
    /// What it is, for those who set it to something else.
    let help: String

    /// - Parameter stack: the variables of the environment, the groups, the host and `--set`.
    /// - Throws: When it is set to something that it cannot be.
    func value(
        on host: Host, _ stack: VariableStack, _ builtins: BuiltinVariables
    ) throws(Diagnostics) -> Value {
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
            return try type.read(PlacedValue(binding.value, at: place))
        } catch {
            throw Diagnostics(
                error.all.map { problem in
                    var problem = problem
                    problem.help = help
                    return problem
                })
        }
    }
}

extension HostSetting<String> {
    /// Where finflowctl keeps on a host what it remembers of it.
    static let stateDirectory = HostSetting(
        variable: "state_directory", usual: "/var/lib/finflow", type: .absolutePath,
        help: "`state_directory` is where finflowctl keeps what it remembers of a host.")
}

extension HostSetting<Int> {
    /// How long a host waits for a new connection before it puts back what a task with
    /// `network: true` changed.
    static let networkRevertSeconds = HostSetting(
        variable: "network_revert_seconds", usual: 30, type: .wholeNumber(in: 5...3600),
        help: "`network_revert_seconds` is how long a host waits for a new connection before it "
            + "puts back a change that may have cut it off.")
}

/// The names of all such variables.
enum HostSettings {
    static let variables = [
        HostSetting.stateDirectory.variable, HostSetting.networkRevertSeconds.variable,
    ]
}

extension VariableLayer {
    /// The layer, which belongs to a role or a play and so must not set what is one for all
    /// that is done on a host.
    func ofNoHost() throws(Diagnostics) -> VariableLayer {
        for variable in HostSettings.variables {
            guard let place = place(of: variable) else { continue }
            throw Diagnostics(
                Diagnostic(
                    .badVariableName,
                    "`\(variable)` is one for all that is done on a host", at: place,
                    hint: "set it for the environment, a group or a host"))
        }
        return self
    }
}
