import Vocabulary

extension RepositoryError {
    var diagnostic: Diagnostic {
        switch self {
        case .exists: Diagnostic(.repositoryTrouble, "\(self)")
        case .retained: Diagnostic(.repositoryTrouble, "\(self)")
        case .missing, .cut, .tooLarge: Diagnostic(.backupDamaged, "\(self)")
        case .unavailable(let trouble):
            Diagnostic(.repositoryTrouble, "\(self)", help: trouble.cause.help)
        }
    }
}

extension RepositoryError.Trouble.Cause {
    fileprivate var help: String? {
        switch self {
        case .full: "Make room, or let `finflowctl backup prune` do so."
        case .denied: "Run it as somebody who may write there."
        case .passing: "Try again later."
        case .other: nil
        }
    }
}

extension RepositoryError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exists(let key): "the object \(key) is there already"
        case .missing(let key): "the object \(key) is missing"
        case .cut(let key): "the object \(key) is shorter than it should be"
        case .tooLarge(let key, let limit): "the object \(key) is larger than \(limit)"
        case .retained(let key, let until):
            "the store keeps the object \(key)" + (until.map { " until \($0)" } ?? "")
        case .unavailable(let trouble):
            "\(trouble.place): it failed to \(trouble.action): \(trouble.reason)"
        }
    }
}

extension PipelineError {
    var diagnostic: Diagnostic {
        switch self {
        case .programFailed: Diagnostic(.programFailed, "\(self)")
        case .storedOtherwise, .storedDiffers, .plainDiffers:
            Diagnostic(.backupDamaged, "\(self)")
        }
    }
}

extension PipelineError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .storedOtherwise(let key, _, _):
            "the repository did not store what it was given for \(key)"
        case .storedDiffers(let key, let expected, let found):
            "the object \(key) \(Self.difference(expected, found))"
        case .plainDiffers(let key, let expected, let found):
            "the contents of \(key) are another object's: it \(Self.difference(expected, found))"
        case .programFailed(let name, let ending, let message):
            "\(name.split(separator: "/").last ?? "") ended with \(ending): \(message.lastLines(8))"
        }
    }

    private static func difference(_ expected: StoredObject, _ found: StoredObject) -> String {
        if found.size < expected.size {
            return "is truncated: it has \(found.size) bytes of \(expected.size)"
        }
        if found.size > expected.size {
            return "is longer than the \(expected.size) bytes that were stored"
        }
        return "has the right size, \(expected.size) bytes, and other contents: its SHA-256 is "
            + "\(found.sha256), and should be \(expected.sha256)"
    }
}

extension SnapshotError {
    var diagnostic: Diagnostic {
        switch self {
        case .noPrograms:
            Diagnostic(
                .noPostgresPrograms, "\(self)",
                help: "Install the package postgresql-client of the server's version.")
        case .skew: Diagnostic(.snapshotSkew, "\(self)")
        case .disturbed: Diagnostic(.snapshotDisturbed, "\(self)", help: "Run it again.")
        case .incomplete: Diagnostic(.snapshotIncomplete, "\(self)")
        case .set: Diagnostic(.backupSet, "\(self)")
        case .noKey: Diagnostic(.nothingToBackUp, "\(self)")
        }
    }
}

extension SnapshotError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noPrograms(let server, let found):
            "the server has PostgreSQL \(server), and here is "
                + (found.isEmpty ? "no pg_dump" : "pg_dump " + found.joined(separator: ", "))
        case .skew(let skew):
            "\(skew.first) and \(skew.last) took their snapshots \(Duration.seconds(skew.apart).brief)"
                + " apart, and \(Duration.seconds(skew.limit).brief) are allowed"
        case .disturbed(let database, let tables):
            "in \(database), while it was dumped, "
                + tables.prefix(10).map { "\($0)" }.joined(separator: ", ")
                + Self.more(tables.count)
        case .incomplete(let database, let tables):
            "the dump of \(database): " + tables.prefix(10).map { "\($0)" }.joined(separator: ", ")
                + Self.more(tables.count)
        case .set(let name, let reason): "the set \(name): \(reason)"
        case .noKey(let database): "`\(database.visible)` cannot be a part of an object's name"
        }
    }

    private static func more(_ count: Int) -> String {
        count > 10 ? ", and \(count - 10) more" : ""
    }
}

extension TableDisturbance: CustomStringConvertible {
    public var description: String {
        switch event {
        case .rewritten: "\(table.visible) was truncated or rewritten"
        case .dropped: "\(table.visible) was dropped"
        case .renamed(let name): "\(table.visible) was renamed to \(name.visible)"
        }
    }
}

extension TableGap: CustomStringConvertible {
    public var description: String {
        switch kind {
        case .missing: "\(table.visible) is not in it"
        case .empty: "\(table.visible) has no rows in it, and has some in the database"
        }
    }
}

extension SigningError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .keyUnusable(let reason): "the signing key cannot be used: \(reason)"
        case .unsigned: "it is not signed"
        case .untrusted(let key): "it is signed with a key that is not trusted here: \(key)"
        case .forged: "its signature is not of these bytes: it was changed"
        }
    }
}

extension DumpError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .foreign: "it is no dump of pg_dump's custom format"
        case .unsupported(let version): "its format \(version) is not known (1.14 is)"
        case .compressed: "its rows are compressed within"
        case .malformed(let reason, let offset): "\(reason), at byte \(offset)"
        case .truncated(let offset): "it ends too early, at byte \(offset)"
        case .missingData(let table): "the data of \(table.visible) do not come"
        case .notCopied(let table): "the data of \(table.visible) are no COPY text"
        }
    }
}

extension String {
    /// The last lines that say something, on one.
    fileprivate func lastLines(_ count: Int) -> String {
        split(separator: "\n").suffix(count).map { String($0) }.joined(separator: "; ").visible
    }
}
