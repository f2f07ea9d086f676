import Vocabulary

/// All that finflowctl knows of a path, now or before: what a change leaves there and what it
/// found. As a resource it is ``PathStateResource``.
struct PathState: Hashable, Sendable {
    enum Kind: String, CaseIterable {
        case missing, file, link, directory
        /// Something that cannot be put back; `reason` says why.
        case lost
    }

    static let typeName = "path_state"

    /// `~/` at its start is the home of whoever runs the script.
    var path: String
    var kind: Kind
    /// Of a file; `nil` where its content is left alone.
    var sha256: String?
    /// Of a file that holds a secret: the name of what finflowctl remembers of it
    /// (``SecretRecord``), instead of a digest.
    var secret: String?
    var target: String?
    var attributes = FileAttributes()
    /// Of a missing one: it is removed only if nothing is in it, and nothing is said otherwise.
    /// For what was made in passing, such as directories above a file.
    var unlessUsed = false
    var reason: String?

    init(_ path: String, _ kind: Kind) {
        self.path = path
        self.kind = kind
    }

    static func file(
        _ path: String, sha256: String?, _ attributes: FileAttributes
    ) -> PathState {
        var state = PathState(path, .file)
        state.sha256 = sha256
        state.attributes = attributes
        return state
    }

    static func link(_ path: String, to target: String) -> PathState {
        var state = PathState(path, .link)
        state.target = target
        return state
    }

    static func directory(_ path: String, _ attributes: FileAttributes) -> PathState {
        var state = PathState(path, .directory)
        state.attributes = attributes
        return state
    }

    /// What is decided about it, in the words of the types that write such things, so that what
    /// somebody changes after an undo is told from it.
    var aspects: [Aspect] {
        switch kind {
        case .missing: [Aspect("size", wanted: "none", found: nil)]
        case .file:
            [
                sha256.map { Aspect("content", wanted: $0, found: nil) },
                attributes.mode.map { Aspect("mode", wanted: $0.description, found: nil) },
            ].compactMap(\.self)
        case .link: target.map { [Aspect("target", wanted: $0, found: nil)] } ?? []
        case .directory, .lost: []
        }
    }

    static func lost(_ path: String, _ reason: String) -> PathState {
        var state = PathState(path, .lost)
        state.reason = reason
        return state
    }

    var spec: ResourceSpec {
        ResourceSpec(
            Self.typeName,
            compact: [
                ("path", .string(path)), ("state", .string(kind.rawValue)),
                ("sha256", sha256.map(JSON.string)), ("secret", secret.map(JSON.string)),
                ("target", target.map(JSON.string)),
                ("mode", attributes.mode.map { .string($0.description) }),
                ("owner", attributes.owner.map(JSON.string)),
                ("group", attributes.group.map(JSON.string)),
                ("unless_used", unlessUsed ? true : nil), ("reason", reason.map(JSON.string)),
            ])
    }
}

extension FileAttributes {
    /// Those of what stands there, by number: names may be gone by the time they are wanted.
    init(of status: PathStatus) {
        self.init(
            mode: status.mode, owner: String(status.owner.number),
            group: String(status.group.number))
    }
}
