/// What a restore does, for drawing only.
public enum RestoreEvent: Hashable, Sendable {
    public enum Phase: String, Hashable, Sendable {
        case definitions
        case rows
        case indexes
        case proof
        case statistics
        case swap
    }

    case phase(_ database: String, Phase)
    case table(_ database: String, _ name: String, rows: Int)
    /// A database that an earlier run has filled and proven is taken up.
    case resumed(_ database: String)
    /// Roles were made that have no password yet.
    case newRoles([String])
}
