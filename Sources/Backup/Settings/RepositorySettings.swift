public import Schema
import Vocabulary

/// Where backups lie.
public struct RepositorySettings: SchemaModel, Hashable {
    public enum Place: Hashable, Sendable {
        case directory(String)
        /// A prefix is empty, or ends without a slash.
        case s3(bucket: String, prefix: String)
    }

    public internal(set) var name = ""
    public var place = Place.directory("")
    /// Of a bucket that is not at AWS, or at an address of its own: `https://…`.
    public var endpoint: String?
    public var region: String?
    /// Whether the bucket stands in the path of a request, not in its host.
    public var isPathStyle = false
    public var authorities: String?
    /// For how long the store keeps each object from being deleted (S3 Object Lock).
    public var lock: Duration?

    public init() {}

    public static let schema = Schema<RepositorySettings>(
        "repository", summary: "A directory, or a bucket with a prefix.",
        details: """
            A directory needs nothing else. Credentials of a bucket come from where the AWS tools \
            look for them: the environment, profiles, web identity, the container, the instance.
            """,
        fields: [
            .required(
                "place", \.place, .repositoryPlace, "A directory, or `s3://BUCKET/PREFIX`."),
            .optional(
                "endpoint", \.endpoint, .endpoint, "Of a bucket that is not at AWS: `https://…`."),
            .optional("region", \.region, .text, "The bucket's region; else AWS_REGION."),
            .optional(
                "path_style", \.isPathStyle, .boolean, default: "false",
                "Whether the bucket stands in a request's path."),
            .optional(
                "ca", \.authorities, .absolutePath,
                "The certificates of the authorities that are trusted, in PEM."),
            .optional(
                "lock", \.lock, .duration,
                "For how long S3 Object Lock keeps each object from being deleted: `35 d`."),
        ],
        example: """
            place: s3://finflow-backups/production
            region: eu-central-1
            """,
        check: { settings, place in
            guard case .directory = settings.place else { return [] }
            let odd = [
                ("endpoint", settings.endpoint != nil), ("region", settings.region != nil),
                ("path_style", settings.isPathStyle), ("ca", settings.authorities != nil),
                ("lock", settings.lock != nil),
            ].filter(\.1).map { "`\($0.0)`" }
            return odd.isEmpty
                ? []
                : [
                    Diagnostic(
                        .conflictingKeys,
                        "\(odd.joined(separator: ", ")) is about a bucket, and this is a directory",
                        at: place)
                ]
        })
}

extension RepositorySettings.Place: CustomStringConvertible {
    public var description: String {
        switch self {
        case .directory(let path): path
        case .s3(let bucket, ""): "s3://\(bucket)"
        case .s3(let bucket, let prefix): "s3://\(bucket)/\(prefix)"
        }
    }
}

extension FieldType where Output == RepositorySettings {
    /// A place alone, or a mapping with more.
    static var repository: FieldType<RepositorySettings> {
        let whole = FieldType<RepositorySettings>.nested()
        let short = FieldType<RepositorySettings.Place>.repositoryPlace
        return FieldType(
            "place or mapping", jsonSchema: ["anyOf": [short.jsonSchema, whole.jsonSchema]]
        ) { value throws(Diagnostics) in
            guard case .scalar = value.content else { return try whole.read(value) }
            var settings = RepositorySettings()
            settings.place = try short.read(value)
            return settings
        }
    }
}

extension FieldType where Output == RepositorySettings.Place {
    fileprivate static var repositoryPlace: FieldType<RepositorySettings.Place> {
        FieldType<String>.text.map("directory or `s3://BUCKET/PREFIX`") {
            text, place throws(Diagnostics) in
            let scheme = "s3://"
            if text.hasPrefix("/") { return .directory(text) }
            let parts = text.dropFirst(scheme.count).split(
                separator: "/", maxSplits: 1, omittingEmptySubsequences: false
            ).map(String.init)
            var prefix = parts.count > 1 ? parts[1] : ""
            while prefix.hasSuffix("/") { prefix.removeLast() }
            // A slash twice is one key on some servers and another on others.
            guard text.hasPrefix(scheme), let bucket = parts.first, !bucket.isEmpty,
                !prefix.hasPrefix("/"), !prefix.contains("//")
            else {
                throw Diagnostics([
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is no place for backups", at: place,
                        hint: "an absolute directory, or `s3://BUCKET/PREFIX`")
                ])
            }
            return .s3(bucket: bucket, prefix: prefix)
        }
    }
}

extension FieldType where Output == String {
    fileprivate static var endpoint: FieldType<String> {
        text.checked { text in
            text.hasPrefix("https://") || text.hasPrefix("http://")
                ? nil : "`\(text.visible)` is no endpoint: it begins with `https://`"
        }
    }
}
