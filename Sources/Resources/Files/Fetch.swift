import Hosts
import Vocabulary

/// Fetches a URL on the host, with whatever the host has for that, and demands its digest.
struct Fetch: Sendable {
    private static let differs = 82
    private static let failed = 83
    private static let impossible = 84

    var url: String
    var sha256: String
    var proxy: String?

    /// Fills the new file that ``FileReplacement`` opened as descriptor 3.
    ///
    /// A fetch that began with https does not end with http. The helper of apt, which every
    /// Debian has, can write to a file only.
    var filling: ShellScript {
        let schemes = url.hasPrefix("https:") ? "=https" : "=http,https"
        let setting: ShellScript =
            proxy.map { proxy -> ShellScript in
                "export http_proxy=\(proxy) https_proxy=\(proxy)\n"
            } ?? ""
        let steps: [ShellScript] = [
            """
            \(setting)fetch() {
            if command -v curl >/dev/null; then
            curl --fail --silent --show-error --location --proto \(schemes) \
            --proto-redir \(schemes) --connect-timeout 30 --retry 2 -- \(url)
            elif command -v wget >/dev/null; then
            wget --no-verbose --output-document=- --timeout=30 --tries=3 -- \(url)
            elif [ -x /usr/lib/apt/apt-helper ]; then
            (
            trap 'rm -f -- "$new.part"' EXIT
            /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file \(url) "$new.part" \
            >&2 && cat -- "$new.part"
            )
            else
            return \(Self.impossible)
            fi
            }
            """,
            // A full disk is not the fetcher's to explain; head says so.
            """
            fetch >&3 || {
            status=$?
            [ "$status" != \(Self.impossible) ] || exit \(Self.impossible)
            head --bytes=65536 /dev/zero >&3 || exit \(FileFailure.unwritten)
            exit \(Self.failed)
            }
            """,
            """
            found=$(sha256sum </proc/self/fd/3)
            [ "${found%% *}" = \(sha256) ] || { printf '%s\\n' "${found%% *}"; \
            exit \(Self.differs); }
            """,
        ]
        return steps.joined()
    }

    /// Throws what went wrong with fetching; whatever else did is for others to tell.
    func judge(_ result: ScriptResult) throws(ActionError) {
        let said = String(decoding: result.error, as: UTF8.self)
        switch Int(result.status) {
        case Self.differs:
            let found =
                String(decoding: result.output, as: UTF8.self)
                .split(separator: "\n").last.map(String.init) ?? ""
            throw ActionError(
                "what came from \(url.visible) has the SHA-256 \(found.visible), not \(sha256); "
                    + "it was thrown away")
        case Self.failed:
            throw ActionError("\(url.visible) could not be fetched", output: said)
        case Self.impossible:
            throw ActionError(
                "the host has none of curl, wget and apt-helper to fetch \(url.visible) with")
        default:
            return
        }
    }
}
