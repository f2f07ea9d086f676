import Hosts
import Schema
import Vocabulary

/// Fetches a URL on the host, with whatever the host has for that, and demands its digest.
struct Fetch: Sendable {
    private static let differs = 82
    private static let failed = 83
    private static let impossible = 84
    private static let wouldShow = 85

    var url: SecretText
    var sha256: String
    var proxy: String?

    /// Fills the new file that ``FileReplacement`` opened as descriptor 3.
    ///
    /// A fetch that began with https does not end with http. curl and wget are told the URL on
    /// their standard input, where `ps` does not show it; the helper of apt, which every Debian
    /// has, knows no such way, and can write to a file only.
    var filling: ShellScript {
        let schemes =
            url.withExposed { $0.hasPrefix("https:") } ? "=https" : "=http,https"
        let setting: ShellScript =
            proxy.map { proxy -> ShellScript in
                "export http_proxy=\(proxy) https_proxy=\(proxy)\n"
            } ?? ""
        let byHelper: ShellScript =
            url.isSensitive
            ? "return \(Self.wouldShow)"
            : """
            (
            trap 'rm -f -- "$new.part"' EXIT
            /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file \(url) "$new.part" \
            >&2 && cat -- "$new.part"
            )
            """
        let steps: [ShellScript] = [
            """
            \(setting)fetch() {
            if command -v curl >/dev/null; then
            printf 'url = "%s"\\n' \(url.curlQuoted) |
            curl --fail --silent --show-error --location --globoff --proto \(schemes) \
            --proto-redir \(schemes) --connect-timeout 30 --retry 2 --config -
            elif command -v wget >/dev/null; then
            printf '%s\\n' \(url) |
            wget --no-verbose --output-document=- --timeout=30 --tries=3 --input-file=-
            elif [ -x /usr/lib/apt/apt-helper ]; then
            \(byHelper)
            else
            return \(Self.impossible)
            fi
            }
            """,
            // A full disk is not the fetcher's to explain; head says so.
            """
            fetch >&3 || {
            status=$?
            case $status in \(Self.impossible)|\(Self.wouldShow)) exit $status ;; esac
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
        let name = url.isSensitive ? "the URL, which is a secret," : url.shown.visible
        switch Int(result.status) {
        case Self.differs:
            let found =
                String(decoding: result.output, as: UTF8.self)
                .split(separator: "\n").last.map(String.init) ?? ""
            throw ActionError(
                "what came from \(name) has the SHA-256 \(found.visible), not \(sha256); "
                    + "it was thrown away")
        case Self.failed:
            throw ActionError("\(name) could not be fetched", output: said(result))
        case Self.impossible:
            throw ActionError(
                "the host has none of curl, wget and apt-helper to fetch \(name) with")
        case Self.wouldShow:
            throw ActionError(
                "the host has neither curl nor wget, and apt's helper would show the URL, which "
                    + "is a secret, to everybody on it")
        default:
            return
        }
    }

    /// wget names the URL in what it says.
    private func said(_ result: ScriptResult) -> String {
        let said = String(decoding: result.error, as: UTF8.self)
        guard url.isSensitive else { return said }
        return said.split(separator: "\n")
            .filter { $0.hasPrefix("curl: (") || $0.contains("ERROR") && !$0.contains("://") }
            .joined(separator: "\n")
    }
}

extension SecretText {
    /// As it stands between quotation marks in a configuration of curl.
    var curlQuoted: SecretText {
        let quoted = withExposed {
            $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        }
        return isSensitive ? SecretText(Sensitive(quoted)) : SecretText(quoted)
    }
}
