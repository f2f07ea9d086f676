internal import Vocabulary

/// The JSON in which container, instance and process give credentials: the same names, of which
/// each has some.
struct CredentialsDocument {
    let credentials: AWSCredentials

    /// Why a document is of no use; without anything that stands in it.
    struct Malformed: Error {
        let reason: String
    }

    init(_ bytes: [UInt8], session: String) throws(Malformed) {
        guard case .object(let members) = try Self.json(bytes) else {
            throw Malformed(reason: "its answer is no JSON object")
        }
        func text(_ name: String) -> String? {
            guard case .string(let text)? = members.last(where: { $0.name == name })?.value,
                !text.isEmpty
            else { return nil }
            return text
        }
        if let code = text("Code"), code != "Success" {
            throw Malformed(reason: "it answers `\(code.prefix(60).visible)`")
        }
        guard let key = text("AccessKeyId") else {
            throw Malformed(reason: "its answer has no AccessKeyId")
        }
        guard let secret = text("SecretAccessKey") else {
            throw Malformed(reason: "its answer has no SecretAccessKey")
        }
        var expires: Timestamp?
        if let expiration = text("Expiration") {
            guard let time = Timestamp(iso8601: expiration) else {
                throw Malformed(reason: "its answer's Expiration is no time")
            }
            expires = time
        }
        credentials = AWSCredentials(
            accessKey: key, secret: Sensitive(secret),
            session: text(session).map { Sensitive($0) }, expires: expires)
    }

    static func json(_ bytes: [UInt8]) throws(Malformed) -> JSON {
        do {
            return try JSON(parsing: bytes)
        } catch {
            // The reader's own words may quote what it read.
            throw Malformed(reason: "its answer is no JSON")
        }
    }
}

extension Timestamp {
    /// As AWS's services write times: RFC 3339 in UTC, or with an offset as other programs do;
    /// fractions of a second are dropped.
    init?(iso8601 text: String) {
        guard text.utf8.count >= 20, let start = Timestamp("\(text.prefix(19))Z") else {
            return nil
        }
        var rest = text.dropFirst(19)
        if rest.first == "." {
            rest = rest.dropFirst()
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty else { return nil }
            rest = rest.dropFirst(digits.count)
        }
        if rest == "Z" {
            self = start
            return
        }
        let bytes = Array(rest.utf8)
        guard bytes.count == 6, bytes[3] == UInt8(ascii: ":"),
            rest.first == "+" || rest.first == "-",
            let hours = Int(rest.dropFirst().prefix(2)), let minutes = Int(rest.suffix(2)),
            (0..<24).contains(hours), (0..<60).contains(minutes)
        else { return nil }
        let offset = hours * 3600 + minutes * 60
        self.init(seconds: start.seconds + (rest.first == "+" ? -offset : offset))
    }
}
