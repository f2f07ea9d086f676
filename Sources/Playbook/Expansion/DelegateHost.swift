import Hosts
import Schema
import Template
import Vocabulary

/// `delegate_to`: the host that does a task for another one.
enum DelegateHost {
    static func name(
        _ value: TemplatedValue, _ variables: Variables, in inventory: Inventory
    ) throws(Diagnostics) -> HostName {
        try variables.check(value.uses)
        let rendered = try value.rendered(in: variables.scope)
        let name: String
        switch rendered.content {
        case .scalar(.string(let text)): name = text
        case .scalar(.unknown(let reason)):
            throw Diagnostics(
                Diagnostic(
                    .knownOnlyLater, "which host does this is known only later: \(reason)",
                    at: value.place))
        default:
            throw Diagnostics(
                Diagnostic(
                    .wrongType, "expected the name of a host, found \(rendered.kindInWords)",
                    at: value.place))
        }
        guard inventory[HostName(name)] != nil else {
            let known = inventory.hosts.map(\.name.rawValue)
            throw Diagnostics(
                Diagnostic(
                    .unknownHost, "no host is named `\(name.visible)`", at: value.place,
                    hint: nearestName(to: name, among: known).map { "did you mean `\($0)`?" },
                    help: "`finflowctl inventory` lists them."))
        }
        return HostName(name)
    }

    /// Hosts that are to do something, and that no play means: nobody would connect to them.
    static func problems(in hosts: [HostNodes]) -> Diagnostics {
        let met = Set(hosts.filter { !$0.nodes.isEmpty }.map(\.host.name))
        var problems = Diagnostics()
        var told: Set<SourcePlace> = []
        for node in hosts.lazy.flatMap(\.nodes) {
            guard let delegate = node.delegate, !met.contains(delegate),
                let place = node.task.delegate?.place, told.insert(place).inserted
            else { continue }
            problems.add(
                Diagnostic(
                    .unknownHost, "no play gives `\(delegate)` a task of its own", at: place,
                    help: "A host that does something for others needs a role itself."))
        }
        return problems
    }
}
