/// One thing that a resource decides about, as it wants it and as it was found: by it a change
/// that somebody made is told from one that the playbooks ask for, where both came together.
public struct Aspect: Hashable, Sendable {
    /// Of one resource: `content`, `chrony installed`.
    public var name: String
    /// What may be a secret is here as a digest.
    public var wanted: String
    /// `nil` where the answers do not tell.
    public var found: String?

    public init(_ name: String, wanted: String, found: String?) {
        self.name = name
        self.wanted = wanted
        self.found = found
    }
}

extension ResourcePlan {
    /// The same with what was decided about.
    func with(_ aspects: [Aspect]) -> ResourcePlan {
        var plan = self
        plan.aspects = aspects
        return plan
    }
}

extension FileAttributes {
    /// - Parameter status: of what stands there and stays: `nil` for nothing.
    func aspects(of status: PathStatus?) -> [Aspect] {
        func account(_ what: String, _ wanted: String?, _ found: PathStatus.Identity?) -> Aspect? {
            wanted.map { wanted in
                Aspect(
                    what, wanted: wanted,
                    found: found.map { $0.matches(wanted) ? wanted : $0.name })
            }
        }
        return [
            mode.map {
                Aspect("mode", wanted: $0.description, found: status?.mode.description)
            },
            account("owner", owner, status?.owner), account("group", group, status?.group),
        ].compactMap(\.self)
    }
}
