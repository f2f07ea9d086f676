public import Vocabulary

/// What a diagnostic said, as a record keeps it.
public struct RecordedError: Hashable, Sendable {
    public var code: String
    public var message: String
    public var place: String?
    public var subject: String?
    public var hint: String?
    public var help: String?

    public init(_ diagnostic: Diagnostic) {
        code = diagnostic.code.id
        message = diagnostic.message
        place = diagnostic.place?.description
        subject = diagnostic.subject
        hint = diagnostic.hint
        help = diagnostic.help
    }

    public var json: JSON {
        .object(compact: [
            ("code", .string(code)), ("message", .string(message)),
            ("place", place.map(JSON.string)), ("subject", subject.map(JSON.string)),
            ("hint", hint.map(JSON.string)), ("help", help.map(JSON.string)),
        ])
    }

    init?(_ json: JSON) {
        guard let message = json["message"]?.string else { return nil }
        code = json["code"]?.string ?? ""
        self.message = message
        place = json["place"]?.string
        subject = json["subject"]?.string
        hint = json["hint"]?.string
        help = json["help"]?.string
    }
}
