import Archive
public import Hosts
public import Schema
import TaskGraph
public import Vocabulary

/// What is in an archive of the role, unpacked in a directory of the host.
public struct ArchiveResource: Resource {
    var source = LocalSource()
    var path = ""
    var name = ""
    var owner: String?
    var group: String?
    var strip = 0
    var limit = ArchiveLimits().bytes

    public init() {}

    public static let undo = UndoAbility.none(
        """
        What it unpacks over is not kept. Remove its directory, or unpack the older archive.
        """)

    public static let schema = Schema<ArchiveResource>(
        "archive",
        summary: "What is in an archive of the role, unpacked in a directory of the host.",
        details: """
            The archive may be a tar (gzip, bzip2, xz, zstd, lz4 …), zip, 7z, cpio, deb or of any \
            other format that libarchive reads; the host needs nothing but `tar`. An archive is \
            refused as a whole when an entry would be written outside of the directory or \
            through a link, and when it expands to more than `limit`. Set-id bits are dropped.

            On each run the host compares the SHA-256 of each file that came from the archive; \
            where one is missing or differs, or the archive is another one, all of it is \
            unpacked again. What an older archive brought and the new one does not is then \
            removed, whoever changed it since, and so are directories that are empty by that; \
            all else in the directory is left alone. The directory has one archive, whatever its \
            file is called; several in one directory are told apart by `name`. What came from it \
            is noted in the directory, in `.finflow-….manifest` and `.finflow-….contents`.
            """,
        fields: [
            .required("source", \.source, .localSource, "The archive under the role's `files/`."),
            .required(
                "path", \.path,
                .absolutePath.checked { $0 == "/" ? "nothing is unpacked over `/`" : nil },
                "The directory that it is unpacked in; it is made where it is missing."),
            .optional(
                "name", \.name, .singleLine, default: "\"\"",
                "Tells it from other archives that are unpacked in the same directory."),
            .optional(
                "owner", \.owner, .account, "The user who owns what is unpacked; root otherwise."),
            .optional(
                "group", \.group, .account, "The group that owns what is unpacked; root otherwise."),
            .optional(
                "strip", \.strip, .wholeNumber(in: 0...100), default: "0",
                "How many leading components of each path are taken off."),
            .optional(
                "limit", \.limit, .mebibytes, default: "4096",
                "How many MiB it may expand to."),
        ],
        example: """
            source: node_exporter-1.8.2.linux-amd64.tar.gz
            path: /opt/node_exporter
            strip: 1
            """)

    public var thing: HostThing? {
        .other(kind: "archive", name: name.isEmpty ? path : "\(path): \(name)")
    }

    public var follows: [HostThing] {
        [.path(path), .path(path.parentPath)]
            + FileAttributes(owner: owner, group: group).follows
    }

    public func fingerprint(_ files: any PlaybookFiles) throws(Diagnostics) -> String {
        let digest = try files.digest(of: source.name, at: source.place)
        return unpacking(digest).header
    }

    public func questions(
        _ detail: PlanDetail, _ files: any PlaybookFiles
    ) throws(Diagnostics) -> [any Probe] {
        [PathProbe(path), probe]
    }

    private var probe: ArchiveProbe {
        ArchiveProbe(path, manifest: Unpacking.record(of: name, "manifest"))
    }

    public func plan(_ context: PlanContext) throws -> ResourcePlan {
        let status = try context.status(of: path)
        if let kind = status?.kind, kind != .directory {
            throw context.wrongKind(path, kind, wanted: "a directory")
        }
        let digest = try context.files.digest(of: source.name, at: source.place)
        let unpacking = unpacking(digest)
        let name = "\(source.name.visible), SHA-256 \(digest.sha256.prefix(12))…"
        let change: Change
        switch try context.answers.answer(probe) {
        case .absent:
            change = Change(.create, "archive", after: name)
        case .present(let unpacked, let isIntact):
            let isSame = unpacking.isDescribed(by: unpacked)
            if isSame, isIntact { return .unchanged }
            change = Change(
                .update, "archive",
                before: isSame ? "files of it are missing or changed" : "another one", after: name)
        }
        let local = try context.files.path(of: source.name, at: source.place)
        return ResourcePlan(
            changes: [change],
            action: unpacking.action(of: local, stateDirectory: context.stateDirectory))
    }

    private func unpacking(_ digest: FileDigest) -> Unpacking {
        Unpacking(
            source: source, name: name, path: path, digest: digest.sha256, owner: owner,
            group: group,
            strip: strip, limit: limit)
    }
}

extension FieldType where Output == ByteCount {
    fileprivate static var mebibytes: FieldType<ByteCount> {
        FieldType<Int>.wholeNumber(in: 1...1 << 20).map { count, _ in .mebibytes(count) }
    }
}
