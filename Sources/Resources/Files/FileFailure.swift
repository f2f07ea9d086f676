import Hosts
import Template
import Vocabulary

/// Tells why a script could not put a file in place, in the words of an operator.
struct FileFailure: Sendable {
    /// The file is not as it was observed.
    static let stale = 75
    /// The new content could not be written.
    static let unwritten = 74
    /// The validation refused the new content.
    static let refused = 81

    var path: String
    var validation: String?
    /// What was said about the content is not shown then: it may quote it.
    var holdsSecret = false

    /// For a script of which the file is a part: only what is about the file is told so.
    @Sendable func orScript(_ result: ScriptResult) throws(ActionError) -> [String: Value] {
        guard Int(result.status) == Self.stale else {
            return try ActionError.unlessSuccessful(result)
        }
        return try finish(result)
    }

    @Sendable func finish(_ result: ScriptResult) throws(ActionError) -> [String: Value] {
        guard result.status != 0 else { return [:] }
        let output = result.said
        let name = "`\(path.visible)`"
        switch Int(result.status) {
        case Self.stale:
            throw ActionError("\(name) changed since it was looked at", isStale: true)
        case Self.refused:
            throw ActionError(
                "`\((validation ?? "").visible)` refuses the new \(name); the old one stands"
                    + (holdsSecret ? " (it holds a secret, so what was said is not shown)" : ""),
                output: holdsSecret ? "" : output)
        default:
            let reason =
                ErrorWords.reason(in: output) ?? "its script ended with status \(result.status)"
            throw ActionError("\(name) could not be changed: \(reason)", output: output)
        }
    }
}
