public import Vocabulary

/// Why a store did not do what it was asked.
public enum StateStoreError: Error, Hashable, Sendable {
    /// An object that was to be created is there.
    case exists(StateKey)
    /// An object that was to be replaced is another version, or gone.
    case changed(StateKey)
    /// The store itself does not work.
    case unavailable(Trouble)

    public struct Trouble: Hashable, Sendable {
        public enum Cause: Hashable, Sendable {
            /// No room, or over quota.
            case full
            case denied
            /// Somebody holds its lock and does not let go.
            case busy
            /// A server cannot be reached, or says that it has too much to do.
            case unreachable
            case other
        }

        /// The store.
        public var place: String
        /// What was done to what: `write /var/…/000001.ndjson`.
        public var action: String
        public var cause: Cause
        /// In words, as the system says it: `No space left on device`.
        public var reason: String

        public init(place: String, action: String, cause: Cause, reason: String) {
            self.place = place
            self.action = action
            self.cause = cause
            self.reason = reason
        }
    }
}

extension StateStoreError {
    /// - Parameter code: what could not be done because of it.
    public func diagnostic(_ code: Diagnostic.Code = .recordUnwritable) -> Diagnostic {
        switch self {
        case .exists(let key):
            return Diagnostic(
                code, "somebody else has written \(key) meanwhile",
                help: "Two controllers used one run's name. Run it again.")
        case .changed(let key):
            return Diagnostic(
                code, "somebody else has changed \(key) meanwhile", help: "Run it again.")
        case .unavailable(let trouble):
            let help =
                switch trouble.cause {
                case .full: "Make room there; `state:` in environment.yaml names another place."
                case .denied where trouble.place.hasPrefix("s3://"):
                    "`aws sts get-caller-identity` says as whom; `state:` names another place."
                case .unreachable: "Run it again when it answers; `state:` names another place."
                case .denied:
                    "It belongs to another user, or to root after a run with sudo; "
                        + "`state:` in environment.yaml names another place."
                case .busy: "`fuser \(trouble.place)/.lock` says which process holds it."
                case .other: "`state:` in environment.yaml names the place."
                }
            return Diagnostic(
                code, "cannot \(trouble.action): \(trouble.reason)".visible,
                subject: "the record in \(trouble.place)".visible, help: help)
        }
    }
}
