import Schema
public import Vocabulary

/// Where records that are not a host's own are kept.
public enum StatePlace: Hashable, Sendable {
    case directory(String)
    case s3(bucket: String, prefix: String)
}

extension FieldType where Output == StatePlace {
    /// A directory, or `s3://BUCKET/PREFIX`.
    static var statePlace: FieldType<StatePlace> {
        FieldType<String>.text.map("directory or `s3://BUCKET/PREFIX`") {
            text, place throws(Diagnostics) in
            let scheme = "s3://"
            if text.hasPrefix("/") { return .directory(text) }
            let parts = text.dropFirst(scheme.count).split(
                separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard text.hasPrefix(scheme), let bucket = parts.first, !bucket.isEmpty else {
                throw Diagnostics(
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is no place for records", at: place,
                        hint: "an absolute directory, or `s3://BUCKET/PREFIX`"))
            }
            return .s3(bucket: String(bucket), prefix: parts.count > 1 ? String(parts[1]) : "")
        }
    }
}

extension StatePlace {
    /// What an environment says of it; `nil` where it says nothing.
    ///
    /// No other file of the playbooks is read: what was done can be looked at whatever is wrong
    /// with them now.
    ///
    /// - Parameter root: the directory with site.yaml.
    public static func of(
        environment name: String, root: String
    ) throws(Diagnostics) -> StatePlace? {
        var loading = Loading(root: root, catalogue: [], facts: .anything)
        guard let environment = loading.environment(name) else { throw loading.wrong }
        return environment.state
    }
}
