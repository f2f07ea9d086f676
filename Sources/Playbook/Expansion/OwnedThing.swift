import Hosts
import Resources
import TaskGraph

/// A thing on a host and what is wanted of it, before it is known which host.
struct OwnedThing: Sendable {
    private let name: String
    private let fingerprint: String

    func ownership(on host: HostName) -> Ownership {
        Ownership("\(name) on \(host)", fingerprint: fingerprint)
    }

    /// All that a resource decides about.
    ///
    /// Whoever writes a file whole undoes in every run what others put into it, so those who
    /// edit parts of it agree with one another and with none who replaces it.
    static func all(of resource: any Resource, fingerprint: String) -> [OwnedThing] {
        // There may be many package sources, each a file of its own.
        var owned = resource.things.filter { $0 != .packageSources }.map { thing in
            OwnedThing(
                name: thing.words,
                fingerprint: resource.fingerprint(of: thing) ?? fingerprint)
        }
        if let path = resource.edits {
            owned.append(OwnedThing(name: "the content of \(path)", fingerprint: "in parts"))
        } else if let path = resource.replaces {
            owned.append(OwnedThing(name: "the content of \(path)", fingerprint: "as a whole"))
        }
        return owned
    }
}

extension Node {
    /// `template /etc/chrony/chrony.conf`
    var title: String {
        "\(task.type.name) \(resource?.thing?.name ?? task.id(with: item))"
    }

    /// What it decides about; nothing where it may be left undone.
    var owned: [OwnedThing] {
        guard case .ready(_, let owned) = state else { return [] }
        return owned
    }
}

extension HostThing {
    fileprivate var words: String { name.isEmpty ? "the \(kind)" : "the \(kind) \(name)" }

    private var kind: String {
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
