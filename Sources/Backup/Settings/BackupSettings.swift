public import Age
public import Schema
import Vocabulary

/// The section `backup:` of environment.yaml.
public struct BackupSettings: SchemaModel {
    public var repository = RepositorySettings()
    /// Others that `backup copy` brings snapshots to.
    public var copies: [RepositorySettings] = []
    public var recipients: [Recipient] = []
    /// A file with the key that manifests are signed with.
    public var signingKey = Self.usualSigningKey
    /// Keys that manifests may be signed with, where more than the machine's own is trusted.
    public var trustedKeys: [String] = []
    public var keep = RetentionSettings()
    /// How far apart the databases' moments may lie.
    public var skew = Duration.seconds(60)
    /// Older than this, the newest good snapshot is an alarm.
    public var maximumAge = Duration.seconds(26 * 3600)
    public var sets: [SetSettings] = []
    public var reconciliations: [Reconciliation] = []

    public init() {}

    public static let usualSigningKey = "/etc/finflow/backup-signing.key"

    public static let schema = Schema<BackupSettings>(
        "backup section", summary: "What is backed up, where to, and how long it is kept.",
        details: """
            All of `databases:` is backed up, encrypted to each of `recipients` (age): the machine \
            that does it cannot read what it has written. In production one of the secret keys is \
            kept offline.
            """,
        fields: [
            .required(
                "repository", \.repository, .repository,
                "A directory, `s3://BUCKET/PREFIX`, or more."),
            .required(
                "recipients", \.recipients, .recipients, "Who can read the backups: `age1…`."),
            .optional(
                "copies", \.copies, .named(.repository) { $1.name = $0 }, default: "{}",
                "Other repositories, in another account or region, by name."),
            .optional(
                "signing_key", \.signingKey, .absolutePath, default: usualSigningKey,
                "The file of the key that manifests are signed with."),
            .optional(
                "trusted_keys", \.trustedKeys, .list(of: .text), default: "[]",
                "Public keys that manifests may be signed with, beside this machine's own."),
            .optional("keep", \.keep, .nested(), default: "{}", "What `backup prune` keeps."),
            .optional(
                "skew", \.skew, .duration, default: "60 s",
                "How far apart the moments of the databases in one snapshot may lie."),
            .optional(
                "maximum_age", \.maximumAge, .duration, default: "26 h",
                "Older than this, the newest good snapshot is an alarm."),
            .optional(
                "sets", \.sets, .named(.nested()) { $1.name = $0 }, default: "{}",
                "Sets of files, by name."),
            .optional(
                "reconcile", \.reconciliations, .named(.nested()) { $1.name = $0 }, default: "{}",
                "Queries across databases that must answer alike, by name."),
        ],
        example: """
            repository: { place: s3://finflow-backups/production, region: eu-central-1 }
            recipients:
              - age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
            keep: { daily: 14, monthly: 24 }
            """)
}

extension FieldType where Output == [Recipient] {
    fileprivate static var recipients: FieldType<[Recipient]> {
        FieldType<[String]>.list(of: .text).map("list of recipients (`age1…`)") {
            texts, place throws(Diagnostics) in
            guard !texts.isEmpty else {
                throw Diagnostics([
                    Diagnostic(
                        .invalidValue, "backups need somebody who can read them", at: place,
                        hint: "`finflowctl secrets keygen` makes a key and prints its `age1…`")
                ])
            }
            return try texts.mapCollecting { text throws(Diagnostics) in
                do throws(AgeError) {
                    return try Recipient(text)
                } catch {
                    var diagnostic = error.diagnostic()
                    diagnostic.place = place
                    throw Diagnostics([diagnostic])
                }
            }
        }
    }
}
