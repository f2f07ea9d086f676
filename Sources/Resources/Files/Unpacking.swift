import Archive
import Hosts
import Vocabulary

/// How an archive gets into a directory of a host, and how it is known to be there.
struct Unpacking: Sendable {
    var source: LocalSource
    var name: String
    var path: String
    /// Of the archive as it is on the controller.
    var digest: String
    var owner: String?
    var group: String?
    var strip: Int
    var limit: ByteCount

    /// The name, in the directory, of what is kept about an archive of this name: the `manifest`
    /// by which it is checked, and the `contents` that a newer one may take away.
    static func record(of name: String, _ kind: String) -> String {
        ".finflow-\(sha256Text(name.utf8).prefix(16)).\(kind)"
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
            "unpacking-\(sha256Text("\(path)\n\(name)".utf8).prefix(16)).tar")
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
    /// no manifest of this archive, so the next one does all of it again; and the contents name
    /// what both archives bring for as long as some of either may be there. The manifest comes
    /// last, when all else that was needed on the way is gone: nobody would look for it later.
    ///
    /// Without pipes: a shell does not tell that any but the last program of one has failed, and
    /// half a list of names is a wrong one.
    private func script(tarball: String) -> ShellScript {
        let stage = path.appendingPath(Self.record(of: name, "unpacking"))
        let manifest = path.appendingPath(Self.record(of: name, "manifest"))
        let contents = path.appendingPath(Self.record(of: name, "contents"))
        let ready = path.appendingPath(Self.record(of: name, "ready"))
        let ownership = FileAttributes(owner: owner, group: group).ownership
        let making: ShellScript =
            ownership.map { ownership -> ShellScript in
                "if [ ! -d \(path) ]; then mkdir -p -- \(path); chown -- \(ownership) \(path); fi"
            } ?? "mkdir -p -- \(path)"
        return """
            set -e
            tarball=\(tarball)
            stage=\(stage)
            ready=\(ready)
            trap 'rm -rf -- "$tarball" "$stage" "$ready"' EXIT
            command -v tar >/dev/null || { echo 'the host has no tar' >&2; exit 127; }
            \(making)
            rm -rf -- "$stage" \(manifest)
            mkdir -m 0700 -- "$stage" "$stage/files"
            cd -- "$stage/files"
            tar --extract --file="$tarball" --preserve-permissions --delay-directory-restore
            find . -type f -exec sha256sum -- {} + >../digests
            {
            printf '%s' \(header)
            [ -s ../digests ] || printf '%s' \(ArchiveProbe.empty)
            printf '\\n'
            cat -- ../digests
            } >../manifest
            find . ! -type d -print0 >../found
            sort --zero-terminated --output=../contents -- ../found
            : >../old
            if [ -f \(contents) ] && [ ! -h \(contents) ]; then cat -- \(contents) >../old; fi
            sort --zero-terminated --unique --output=../both -- ../old ../contents
            sync -- ../both
            cp -- ../both ../known
            mv -fT -- ../known \(contents)
            find . -mindepth 1 -maxdepth 1 -exec \
            cp --archive --link --remove-destination --target-directory=\(path) -- {} +
            \(removingLeftovers)
            sync --file-system \(path)
            cd /
            mv -fT -- "$stage/contents" \(contents)
            mv -fT -- "$stage/manifest" "$ready"
            rm -rf -- "$tarball" "$stage"
            mv -fT -- "$ready" \(manifest)

            """
    }

    /// What only the older archive brought. Never through a link that was put in a directory's
    /// place since; `rmdir` ends at the first directory that holds something else.
    private var removingLeftovers: ShellScript {
        """
        comm --zero-terminated -23 -- ../both ../contents >../leftovers
        (
        cd -- \(path)
        xargs --null --no-run-if-empty -- sh -c '
        base=$(pwd -P)
        for name do
        directory=${name%/*}
        found=$(cd -P -- "$directory" 2>/dev/null && pwd -P) || continue
        [ "$directory" = . ] || [ "$found" = "$base/${directory#./}" ] || continue
        if [ ! -d "$name" ] || [ -h "$name" ]; then rm -f -- "$name" || exit; fi
        [ "$directory" = . ] || rmdir --parents -- "${directory#./}" 2>/dev/null || :
        done' sh <"$stage/leftovers"
        )
        """
    }
}
