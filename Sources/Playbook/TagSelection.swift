import Vocabulary

/// Which tasks `--tags` and `--skip-tags` mean.
///
/// As in Ansible, a task tagged `always` is done whatever is chosen, and one tagged `never` only
/// when one of its other tags is.
public struct TagSelection: Sendable {
    public var only: Set<String>
    public var except: Set<String>

    public static let all = TagSelection(only: [], except: [])

    public init(only: some Sequence<String>, except: some Sequence<String>) {
        self.only = Set(only)
        self.except = Set(except)
    }

    public func includes(_ tags: Set<String>) -> Bool {
        guard tags.isDisjoint(with: except) else { return false }
        if !tags.isDisjoint(with: only) { return true }
        if tags.contains("never") { return false }
        return only.isEmpty || tags.contains("always")
    }

    /// Tags that no task has.
    func problems(among known: Set<String>) -> Diagnostics {
        let special: Set<String> = ["always", "never"]
        let unknown = only.union(except).subtracting(known).subtracting(special)
        return Diagnostics(
            unknown.sorted().map { tag in
                Diagnostic(
                    .unknownTag, "no task has the tag `\(tag.visible)`",
                    hint: nearestName(to: tag, among: known.sorted()).map {
                        "did you mean `\($0)`?"
                    },
                    help: known.isEmpty
                        ? nil
                        : "There are \(known.sorted().map { "`\($0)`" }.joined(separator: ", ")).")
            })
    }
}
