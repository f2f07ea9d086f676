import Archive
import Hosts
import Vocabulary

/// How an archive gets into a directory of a host, and how it is known to be there.
struct Unpacking: Sendable {
    var source: LocalSource
    var path: String
    /// Of the archive as it is on the controller.
    var digest: String
    var owner: String?
    var group: String?
    var strip: Int
    var limit: ByteCount

    /// By the archive's name, so that several can be unpacked in one directory.
    static func manifestName(for source: String) -> String {
        ".finflow-\(sha256Text(source.utf8).prefix(16)).manifest"
    }

    /// The first line of the manifest: what was unpacked, and how.
    var header: String {
        "archive 1 sha256=\(digest) strip=\(strip) owner=\(owner ?? "-") group=\(group ?? "-")"
    }

    func isDescribed(by line: String) -> Bool {
        line == header || line == header + ArchiveProbe.empty
    }

    func action(of local: String, stateDirectory: String) -> Action {
        let tarball = stateDirectory.appendingPath(
            "unpacking-\(sha256Text("\(path)\n\(source.name)".utf8).prefix(16)).tar")
        let tar = SafeTarStream(
            path: local, stripping: strip, owner: ArchiveOwner(user: owner, group: group),
            limits: ArchiveLimits(bytes: limit))
        let place = source.place
        let stream = UploadSource.stream {
            do {
                return try await tar.next()
            } catch let error as ArchiveError {
                throw Diagnostics([
                    Diagnostic(.unusableArchive, "the archive is not unpacked: \(error)", at: place)
                ])
            }
        }
        return Action(
            uploads: [(stream, tarball)], script: script(tarball: tarball),
            options: ScriptOptions(lane: .slow, timeout: .seconds(1800)),
            finish: FileFailure(path: path).finish)
    }

    /// It is unpacked beside its place and linked into it, file by file. A killed run leaves
    /// no manifest of this archive, so the next one does all of it again.
    private func script(tarball: String) -> ShellScript {
        let stage = path.appendingPath(
            ".finflow-\(sha256Text(source.name.utf8).prefix(16)).unpacking")
        let manifest = path.appendingPath(Self.manifestName(for: source.name))
        let ownership = FileAttributes(owner: owner, group: group).ownership
        let making: ShellScript =
            ownership.map { ownership -> ShellScript in
                "if [ ! -d \(path) ]; then mkdir -p -- \(path); chown -- \(ownership) \(path); fi"
            } ?? "mkdir -p -- \(path)"
        return """
            set -e
            tarball=\(tarball)
            stage=\(stage)
            trap 'rm -rf -- "$tarball" "$stage"' EXIT
            command -v tar >/dev/null || { echo 'the host has no tar' >&2; exit 127; }
            \(making)
            rm -rf -- "$stage" \(manifest)
            mkdir -m 0700 -- "$stage" "$stage/files"
            cd -- "$stage/files"
            tar --extract --file="$tarball" --preserve-permissions --delay-directory-restore
            {
            printf '%s' \(header)
            [ -n "$(find . -type f -print | head --lines=1)" ] || printf '%s' \(ArchiveProbe.empty)
            printf '\\n'
            find . -type f -exec sha256sum -- {} +
            } >../manifest
            find . -mindepth 1 -maxdepth 1 -exec \
            cp --archive --link --remove-destination --target-directory=\(path) -- {} +
            sync --file-system \(path)
            cd /
            mv -fT -- "$stage/manifest" \(manifest)

            """
    }
}
