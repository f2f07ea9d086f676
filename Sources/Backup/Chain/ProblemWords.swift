extension SnapshotChain.Problem: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notGenuine(let id, let error): "the manifest of \(id) is not genuine: \(error)"
        case .unreadable(let id, let error): "the manifest of \(id) cannot be read: \(error)"
        case .misplaced(let id, let other): "in the place of \(id) lies the manifest of \(other)"
        case .replayed(let id): "\(id) was pruned, and is there again"
        case .exchanged(let id, let name):
            "the manifest of \(id) is not the one that "
                + (name.map { "\($0) names" } ?? "was there before")
        case .missing(let id, let name):
            "\(id) is missing and was not pruned; "
                + (name.map { "\($0) names it" } ?? "it was there before")
        case .disordered(let id): "\(id) names one before it that is not older"
        case .forked(let ids, let id):
            ids.map { "\($0)" }.joined(separator: " and ") + " both name \(id) as the one before "
                + "them: they were made at the same time"
        }
    }
}
