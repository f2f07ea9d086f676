/// What databases are called while one is restored. They tell how far it came:
///
/// 1. `NAME__restore_ID` is being filled, and is worth nothing.
/// 2. `NAME__ready_ID` is whole and proven.
/// 3. In one transaction `NAME` becomes `NAME__before_ID` and the new one `NAME`.
///
/// So a run that was killed is taken up by looking at names, and nothing else has to be remembered.
struct RestoreNames: Hashable, Sendable {
    /// PostgreSQL's limit, in bytes.
    static let limit = 63

    let database: String
    let snapshot: SnapshotID

    var filling: String { name("restore") }
    var ready: String { name("ready") }

    /// For one table alone, until it is brought to where it belongs.
    var staging: String { name("table") }

    /// For what is replaced; the first of these that is free.
    func before(_ attempt: Int) -> String {
        name("before", attempt == 1 ? "" : "_\(attempt)")
    }

    private func name(_ word: String, _ ending: String = "") -> String {
        let tail = "__\(word)_\(snapshot)\(ending)"
        let room = Self.limit - tail.utf8.count
        guard database.utf8.count > room else { return database + tail }
        // Long names stay different: a part of their digest stands for the rest.
        let mark = "~\(ContentDigest(of: Array(database.utf8)).description.prefix(8))"
        var start = ""
        for character in database {
            guard start.utf8.count + String(character).utf8.count + mark.utf8.count <= room else {
                break
            }
            start.append(character)
        }
        return start + mark + tail
    }
}
