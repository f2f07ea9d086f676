/// What one task wants of the package manager. Requests of one host that are ready together
/// become one transaction (``AptTransaction``).
public struct PackageRequest: Hashable, Sendable {
    public enum Target: Hashable, Sendable {
        case present
        /// The candidate of the present package lists.
        case latest
        /// A version, or a pattern as apt knows it: `2.0*`.
        case version(String)
        case absent
        /// Absent, and so are its configuration and what it keeps.
        case purged
    }

    public struct Item: Hashable, Sendable {
        public var name: String
        /// `nil` leaves the package as it is: only its hold changes.
        public var target: Target?
        /// `nil` leaves the hold as it is.
        public var hold: Bool?

        public init(_ name: String, _ target: Target?, hold: Bool? = nil) {
            self.name = name
            self.target = target
            self.hold = hold
        }
    }

    /// Only what differs on the host: a package that is as it should be is not named.
    public var items: [Item]
    /// Installs what the packages recommend, too.
    public var recommends: Bool
    /// Package lists older than this are updated first.
    public var listsMaxAge: Duration

    public init(items: [Item], recommends: Bool = false, listsMaxAge: Duration = .seconds(86400)) {
        self.items = items
        self.recommends = recommends
        self.listsMaxAge = listsMaxAge
    }
}

extension PackageRequest.Item {
    /// The word that `apt-get install` takes for it: `name`, `name=version`, `name-`.
    var aptArgument: String? {
        switch target {
        case .present, .latest: name
        case .version(let version): "\(name)=\(version)"
        case .absent: "\(name)-"
        case .purged, nil: nil
        }
    }

    func isSatisfied(by state: PackageState?) -> Bool {
        let isInstalled = state?.isInstalled ?? false
        let matches =
            switch target {
            case .present, .latest: isInstalled
            case .version(let pattern): isInstalled && state.map { $0.matches(pattern) } ?? false
            case .absent: !isInstalled
            case .purged: state?.isGone ?? true
            case nil: true
            }
        return matches && (hold == nil || hold == (state?.isHeld ?? false))
    }
}
