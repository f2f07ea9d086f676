/// Why a drill could not be held. It says nothing of the snapshot.
public enum DrillError: Error, Hashable, Sendable {
    /// No server of the version that was dumped is installed here.
    case noServer(major: Int, found: [String])
    /// There is nobody whom the server could be run by: it refuses root.
    case noAccount
    case serverFailed(step: String, message: String)
    /// Where the scratch server's files lie there is no room.
    case noRoom(place: String, message: String)
}
