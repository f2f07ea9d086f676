import Schema
public import Vocabulary

/// Where records that are not a host's own are kept.
public enum StatePlace: Hashable, Sendable {
    case directory(String)
    case s3(StateBucket)
}

/// A bucket for records, and how it is reached.
public struct StateBucket: Hashable, Sendable {
    public var bucket: String
    /// Empty, or ends without a slash.
    public var prefix: String
    /// Of a bucket that is not at AWS, or at an address of its own: `https://…`.
    public var endpoint: String?
    public var region: String?
    /// Whether the bucket stands in the path of a request, not in its host.
    public var isPathStyle: Bool
    /// A PEM file with the authorities that the server's certificate may be from.
    public var authorities: String?

    public init(
        bucket: String, prefix: String, endpoint: String? = nil, region: String? = nil,
        isPathStyle: Bool = false, authorities: String? = nil
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.endpoint = endpoint
        self.region = region
        self.isPathStyle = isPathStyle
        self.authorities = authorities
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

    /// As it is written: `nil` for what is no place.
    init?(_ text: String) {
        if text.hasPrefix("/") {
            self = .directory(text)
            return
        }
        let scheme = "s3://"
        let parts = text.dropFirst(scheme.count).split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false
        ).map(String.init)
        var prefix = parts.count > 1 ? parts[1] : ""
        while prefix.hasSuffix("/") { prefix.removeLast() }
        // A slash twice is one key on some servers and another on others.
        guard text.hasPrefix(scheme), let bucket = parts.first, !bucket.isEmpty,
            !prefix.hasPrefix("/"), !prefix.contains("//")
        else { return nil }
        self = .s3(StateBucket(bucket: bucket, prefix: prefix))
    }
}

/// `state:` of environment.yaml as a mapping.
struct StateModel: SchemaModel {
    var place = StatePlace.directory("")
    var endpoint: String?
    var region: String?
    var isPathStyle = false
    var authorities: String?

    static let schema = Schema<StateModel>(
        "state", summary: "A directory, or a bucket with a prefix, for the records of runs.",
        details: """
            A directory needs nothing else, nor does a bucket of AWS whose region is in the \
            environment or the profile. Credentials of a bucket come from where the AWS tools look \
            for them: the environment, profiles, web identity, the container, the instance.
            """,
        fields: [
            .required("place", \.place, .writtenPlace, "A directory, or `s3://BUCKET/PREFIX`."),
            .optional(
                "endpoint", \.endpoint, .stateEndpoint,
                "Of a bucket that is not at AWS: `https://…`."),
            .optional("region", \.region, .text, "The bucket's region; else AWS_REGION."),
            .optional(
                "path_style", \.isPathStyle, .boolean, default: "false",
                "Whether the bucket stands in a request's path."),
            .optional(
                "ca", \.authorities, .absolutePath,
                "The certificates of the authorities that are trusted, in PEM."),
        ],
        example: """
            place: s3://finflow-state/production
            region: eu-central-1
            """,
        check: { model, place in
            guard case .directory = model.place else { return [] }
            let odd = [
                ("endpoint", model.endpoint != nil), ("region", model.region != nil),
                ("path_style", model.isPathStyle), ("ca", model.authorities != nil),
            ].filter(\.1).map { "`\($0.0)`" }
            guard !odd.isEmpty else { return [] }
            return [
                Diagnostic(
                    .conflictingKeys,
                    "\(odd.joined(separator: ", ")) is about a bucket, and this is a directory",
                    at: place)
            ]
        })

    var whole: StatePlace {
        guard case .s3(var bucket) = place else { return place }
        bucket.endpoint = endpoint
        bucket.region = region
        bucket.isPathStyle = isPathStyle
        bucket.authorities = authorities
        return .s3(bucket)
    }
}

extension FieldType where Output == StatePlace {
    /// A place alone, or a mapping with more.
    static var statePlace: FieldType<StatePlace> {
        let whole = FieldType<StateModel>.nested()
        let short = FieldType<StatePlace>.writtenPlace
        return FieldType(
            "place or mapping", jsonSchema: ["anyOf": [short.jsonSchema, whole.jsonSchema]]
        ) { value throws(Diagnostics) in
            guard case .scalar = value.content else { return try whole.read(value).whole }
            return try short.read(value)
        }
    }

    fileprivate static var writtenPlace: FieldType<StatePlace> {
        FieldType<String>.text.map("directory or `s3://BUCKET/PREFIX`") {
            text, place throws(Diagnostics) in
            guard let read = StatePlace(text) else {
                throw Diagnostics(
                    Diagnostic(
                        .invalidValue, "`\(text.visible)` is no place for records", at: place,
                        hint: "an absolute directory, or `s3://BUCKET/PREFIX`"))
            }
            return read
        }
    }
}

extension FieldType where Output == String {
    fileprivate static var stateEndpoint: FieldType<String> {
        text.checked { text in
            text.hasPrefix("https://") || text.hasPrefix("http://")
                ? nil : "`\(text.visible)` is no endpoint: it begins with `https://`"
        }
    }
}
