public import Schema
import Vocabulary

/// A set of files that is backed up as one archive.
public struct SetSettings: SchemaModel, Hashable {
    public internal(set) var name = ""
    public var paths: [String] = []
    /// A pattern of hosts; `nil` for this machine.
    public var hosts: String?
    public var exclude: [String] = []

    public init() {}

    public static let schema = Schema<SetSettings>(
        "configuration set", summary: "Files that are backed up as one tar archive.",
        fields: [
            .required(
                "paths", \.paths, .list(of: .absolutePath),
                "Files and directories, with all in them."),
            .optional(
                "hosts", \.hosts, .text,
                "A pattern of hosts, each with an archive of its own; else this machine's files."),
            .optional(
                "exclude", \.exclude, .list(of: .text), default: "[]",
                "Names and paths that are left out, with `*` for any part of a name."),
        ],
        example: "{ paths: [/etc/finflow], hosts: app }")
}
