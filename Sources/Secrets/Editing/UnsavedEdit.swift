public import Vocabulary

/// An edit of credentials that could not be saved: the text, and what it was made from, without
/// which nobody could tell what of it was meant to be different.
///
/// As a file: a line that says what it is and how long the first part is; what the edit began
/// with, as `secrets.age` holds it; a comment; the text.
public struct UnsavedEdit: Sendable {
    public var base: SecretsContent
    public var text: Sensitive<[UInt8]>

    private static let heading = "# finflowctl unsaved edit, format 1, begun with bytes: "
    private static let border = "# The edited text:\n"

    public init(base: SecretsContent, text: Sensitive<[UInt8]>) {
        self.base = base
        self.text = text
    }

    /// - Returns: `nil` for what is no such file.
    /// - Throws: what is wrong with it, without a word of what is in it.
    init?(_ bytes: Sensitive<[UInt8]>, subject: String) throws {
        guard let parts = bytes.withExposed(Self.parts) else { return nil }
        text = parts.text
        base = try parts.base.map { try SecretsContent($0, subject: subject) } ?? .new()
    }

    private static func parts(
        _ bytes: [UInt8]
    ) -> (base: Sensitive<[UInt8]>?, text: Sensitive<[UInt8]>)? {
        guard bytes.starts(with: heading.utf8), let end = bytes.firstIndex(of: 0x0A) else {
            return nil
        }
        let count = String(decoding: bytes[heading.utf8.count..<end], as: UTF8.self)
        guard let length = Int(count), length >= 0,
            length <= bytes.count - end - 1 - border.utf8.count
        else { return nil }
        let base = bytes[(end + 1)...].prefix(length)
        let rest = bytes[(end + 1 + length)...]
        guard rest.starts(with: border.utf8) else { return nil }
        return (
            length == 0 ? nil : Sensitive(Array(base)),
            Sensitive(Array(rest.dropFirst(border.utf8.count)))
        )
    }

    /// The file.
    public func bytes() throws -> Sensitive<[UInt8]> {
        // What nobody has written yet has no text: there is nothing in it.
        let start =
            base.serial == 0
            ? Sensitive([]) : try base.checkedText().map { Array($0.utf8) }
        return start.withExposed { start in
            text.map { text in
                Array("\(Self.heading)\(start.count)\n".utf8) + start + Array(Self.border.utf8)
                    + text
            }
        }
    }

    /// The edit on top of what others have written since: their changes, and those of the text.
    ///
    /// - Returns: the edit to go on with, and the credentials that both changed; notes in the
    ///   text tell of them, and what the others made of them.
    /// - Throws: what is wrong with the text.
    public func merged(
        onto present: SecretsContent, environment: String
    ) throws(Diagnostics) -> (edit: UnsavedEdit, conflicts: [String]) {
        let change = try EditableSecrets.change(from: base, to: text)
        let conflicts = change.conflicts(from: base, to: present)
        let reasons = SecretsConflict.reasons(conflicts, from: base, to: present)
        let notes = zip(conflicts, reasons).map { name, reason in
            EditableSecrets.Note(
                "CONFLICT: \(reason), while you changed it too. What you save is what counts.",
                theirs: present[name])
        }
        let text = EditableSecrets.text(
            of: present, environment: environment, changed: change, notes: notes)
        return (UnsavedEdit(base: present, text: text.map { Array($0.utf8) }), conflicts)
    }
}
