public import Vocabulary

/// Why a repository did not do what it was asked.
public enum RepositoryError: Error, Hashable, Sendable {
    /// An object that was to be written is there.
    case exists(ObjectKey)
    case missing(ObjectKey)
    /// An object is shorter than what was to be read of it.
    case cut(ObjectKey)
    case tooLarge(ObjectKey, limit: ByteCount)
    /// The store keeps the object; `nil` for as long as somebody says so (a legal hold).
    case retained(ObjectKey, until: Timestamp?)
    /// The store itself does not work.
    case unavailable(Trouble)

    public struct Trouble: Hashable, Sendable {
        public enum Cause: Hashable, Sendable {
            /// No room, or over quota.
            case full
            case denied
            /// It cannot be reached, or says that it has too much to do: trying later may help.
            case passing
            case other
        }

        /// The repository.
        public var place: String
        /// What was done to what: `write snapshots/…/manifest.json`.
        public var action: String
        public var cause: Cause
        /// In words, as the system or the store says it: `No space left on device`.
        public var reason: String

        public init(place: String, action: String, cause: Cause, reason: String) {
            self.place = place
            self.action = action
            self.cause = cause
            self.reason = reason
        }
    }
}
