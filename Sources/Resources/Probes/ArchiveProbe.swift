public import Hosts

/// Whether what an archive brought is still as it was unpacked.
///
/// Beside what it brought stands a manifest: what was unpacked in its first line, and then the
/// SHA-256 of each file. The host checks them all; nothing is taken from memory.
public struct ArchiveProbe: Probe {
    /// The directory that it was unpacked in.
    public var path: String
    /// The name of the manifest in it.
    public var manifest: String

    public init(_ path: String, manifest: String) {
        self.path = path
        self.manifest = manifest
    }

    public enum Answer: Hashable, Sendable {
        case absent
        /// `unpacked` is the manifest's first line.
        case present(unpacked: String, isIntact: Bool)
    }

    /// The mark of a manifest without files, which `sha256sum --check` would take for a broken
    /// one.
    static let empty = " empty"

    /// One field a question, in order.
    public static func script(for questions: [ArchiveProbe]) -> ShellScript {
        let asked: [ShellScript] = questions.map { "unpacked \($0.path) \($0.manifest)" }
        return """
            unpacked() {
            (
            cd -- "$1" 2>/dev/null && [ -f "$2" ] && [ ! -h "$2" ] && [ -r "$2" ] || exit 0
            read -r first <"$2" || exit 0
            case $first in
            *\(empty)) printf 'intact %s' "$first" ;;
            *) if tail --lines=+2 -- "$2" | sha256sum --check --status --strict 2>/dev/null
            then printf 'intact %s' "$first"
            else printf 'damaged %s' "$first"
            fi ;;
            esac
            )
            printf '\\0'
            }
            \(asked.joined())

            """
    }

    public static func answers(
        to questions: [ArchiveProbe], from output: ArraySlice<UInt8>
    ) throws(ProbeError) -> [ArchiveProbe: Answer] {
        let fields = output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
        guard fields.count == questions.count else {
            throw ProbeError("\(questions.count) archives were asked for, \(fields.count) came")
        }
        var result: [ArchiveProbe: Answer] = [:]
        for (question, field) in zip(questions, fields) {
            let words = String(decoding: field, as: UTF8.self)
                .split(separator: " ", maxSplits: 1).map(String.init)
            result[question] =
                words.count == 2
                ? .present(unpacked: words[1], isIntact: words[0] == "intact") : .absent
        }
        return result
    }
}
