import Schema
public import TaskGraph
import Vocabulary

/// How a difference of contents is told: as texts that a diff can be made of, or by size and
/// digest where they are no texts, too long, or not for all to read.
enum ContentChange {
    /// - Parameters:
    ///   - present: what is on the host, `nil` for no file; `bytes` where they were asked for.
    ///   - mayShowOld: whether no secret is known to be in it.
    static func change(
        from present: (status: PathStatus, bytes: [UInt8]?, sha256: String?)?,
        to content: FileContent, mayShowOld: Bool = true, detail: PlanDetail
    ) throws -> Change {
        let kind: Change.Kind = present == nil ? .create : .update
        if content.isSensitive {
            return Change(
                kind, "content", before: present == nil ? nil : redaction, after: content.redacted)
        }
        // The old content may have held a secret that the new one does not, whether the host
        // remembers it or not: what others may not read is not printed, nor told by its digest.
        let mayShowOld = mayShowOld && present?.status.mode.isPrivate != true
        if detail == .contents,
            let after = try content.bytes(upTo: FileContent.longestShown).flatMap(text)
        {
            guard let present else { return Change(kind, "content", after: after) }
            if mayShowOld, let before = present.bytes.flatMap(text) {
                return Change(kind, "content", before: before, after: after)
            }
        }
        return Change(
            kind, "content",
            before: present.map {
                summary(ByteCount($0.status.size), mayShowOld ? $0.sha256 : nil)
            },
            after: summary(ByteCount(content.size), content.sha256))
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }

    fileprivate static func summary(of text: String) -> String {
        let bytes = Array(text.utf8)
        return summary(ByteCount(bytes.count), sha256Text(bytes))
    }

    private static func summary(_ size: ByteCount, _ sha256: String?) -> String {
        "\(size)" + (sha256.map { ", SHA-256 \($0.prefix(12))…" } ?? "")
    }
}

extension Change {
    /// Whether it leads to what `other` leads to, from wherever, and however both are told: the
    /// same content reads as a text where it is new, and as its size and digest where it takes the
    /// place of one that others may not read.
    public func leads(whereLeads other: Change) -> Bool {
        guard what == other.what else { return false }
        if after == other.after { return true }
        guard let after, let otherAfter = other.after else { return false }
        return after == ContentChange.summary(of: otherAfter)
            || otherAfter == ContentChange.summary(of: after)
    }
}
