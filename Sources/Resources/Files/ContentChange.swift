import Schema
import TaskGraph
import Vocabulary

/// How a difference of contents is told: as texts that a diff can be made of, or by size and
/// digest where they are no texts, too long, or nothing to show.
enum ContentChange {
    /// - Parameters:
    ///   - present: what is on the host, `nil` for no file; `bytes` where they were asked for.
    static func change(
        from present: (status: PathStatus, bytes: [UInt8]?, sha256: String?)?,
        to content: FileContent, detail: PlanDetail
    ) throws -> Change {
        let kind: Change.Kind = present == nil ? .create : .update
        if content.isSensitive {
            return Change(
                kind, "content", before: present == nil ? nil : redaction, after: content.redacted)
        }
        if detail == .contents,
            let after = try content.bytes(upTo: FileContent.longestShown).flatMap(text)
        {
            guard let present else { return Change(kind, "content", after: after) }
            // The old content may have held a secret that the new one does not, and nobody
            // remembers. What only its owner could read is not printed.
            if !present.status.mode.isPrivate, let before = present.bytes.flatMap(text) {
                return Change(kind, "content", before: before, after: after)
            }
        }
        return Change(
            kind, "content",
            before: present.map { summary(ByteCount($0.status.size), $0.sha256) },
            after: summary(ByteCount(content.size), content.sha256))
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    private static func summary(_ size: ByteCount, _ sha256: String?) -> String {
        "\(size)" + (sha256.map { ", SHA-256 \($0.prefix(12))…" } ?? "")
    }
}
