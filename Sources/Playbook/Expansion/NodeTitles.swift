import Hosts
import Resources
import TaskGraph

extension Node {
    /// `template /etc/chrony/chrony.conf`
    var title: String {
        "\(task.type.name) \(resource?.thing?.name ?? task.id(with: item))"
    }

    /// What it decides about; nothing where it may be left undone.
    func ownership(on host: HostName) -> Ownership? {
        // There may be many package sources, each a file of its own.
        guard case .ready(let resource, let fingerprint?) = state, let thing = resource.thing,
            thing != .packageSources
        else { return nil }
        return Ownership("\(host):\(thing.kind):\(thing.name)", fingerprint: fingerprint)
    }
}

extension HostThing {
    fileprivate var kind: String {
        switch self {
        case .path: "file"
        case .package: "package"
        case .packageSources: "package sources"
        case .user: "user"
        case .group: "group"
        case .unit: "unit"
        case .other(let kind, _): kind
        }
    }

    fileprivate var name: String {
        switch self {
        case .path(let name), .package(let name), .user(let name), .group(let name),
            .unit(let name), .other(_, let name):
            name
        case .packageSources: "package sources"
        }
    }
}
