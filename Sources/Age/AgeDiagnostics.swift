public import Vocabulary

extension Diagnostic.Code {
    public static let ageForeign = Self(
        "FF1201", "a file is not encrypted with age",
        explanation: """
            An encrypted file begins with `age-encryption.org/v1`, or with \
            `-----BEGIN AGE ENCRYPTED FILE-----`. This one does not: it is another file, it is \
            empty, or a later version of age wrote it.
            """)
    public static let ageMalformed = Self(
        "FF1202", "an encrypted file is malformed",
        explanation: """
            The file begins as an age file and then breaks its rules, of which there are few: each \
            file has one form only. It was edited, merged by git, or copied as if it were text. \
            Take it from where it was not.
            """)
    public static let ageTruncated = Self(
        "FF1203", "an encrypted file is cut off",
        explanation: """
            The end of the file is sealed as its end, and it is not there: a copy or a download \
            stopped, or the disk was full. What was read until there is authentic, but it is not \
            all of it.
            """)
    public static let ageDamaged = Self(
        "FF1204", "an encrypted file is not as it was written",
        explanation: """
            A part of the file is not what was sealed there: a disk or a transfer damaged it, or \
            somebody changed it. Nothing of that part was used. Compare it with another copy.
            """)
    public static let ageNoMatch = Self(
        "FF1205", "no key at hand opens an encrypted file",
        explanation: """
            The file is encrypted to other recipients than those whose secret keys were given; \
            which ones they are it does not tell. Somebody who can open it has to encrypt it to \
            your public key as well.
            """)
    public static let agePassphrase = Self(
        "FF1206", "a passphrase does not open an encrypted file",
        explanation: """
            The file is encrypted with a passphrase. It was not given, it is another one, or its \
            keyboard had another layout: an empty one is never taken.
            """)
    public static let ageWorkFactor = Self(
        "FF1207", "an encrypted file asks for too much work",
        explanation: """
            A file that is encrypted with a passphrase names the memory and the time that trying \
            one takes, and could name any. Where you trust the file, `age --decrypt` opens up to \
            2^22 (4 GiB).
            """)
    public static let ageRecipient = Self(
        "FF1208", "a recipient cannot be encrypted to",
        explanation: """
            A recipient is an X25519 public key, `age1…`, as `finflowctl secrets keygen` and \
            `age-keygen` print it. SSH keys, plugins and post-quantum keys are not supported: \
            what is encrypted here must open with any `age`.
            """)
    public static let ageIdentity = Self(
        "FF1209", "a secret key cannot be used",
        explanation: """
            A secret key is a line `AGE-SECRET-KEY-1…`, as `finflowctl secrets keygen` and \
            `age-keygen` write it; lines that begin with `#` are comments. The key itself is \
            never shown.
            """)
}

public enum AgeDiagnostics {
    public static let catalogue: [Diagnostic.Code] = [
        .ageForeign, .ageMalformed, .ageTruncated, .ageDamaged, .ageNoMatch, .agePassphrase,
        .ageWorkFactor, .ageRecipient, .ageIdentity,
    ]
}

extension AgeDiagnostics {
    static func describe(_ error: AgeError) -> Diagnostic {
        switch error {
        case .empty, .notAge, .versionUnsupported: describeForeign(error)
        case .noMatch, .passphraseNeeded, .passphraseWrong, .workFactorTooHigh, .outOfMemory:
            describeLock(error)
        case .noRecipients, .passphraseEmpty, .recipientUnusable, .identityUnusable:
            describeKey(error)
        default: describeDamage(error)
        }
    }

    private static func describeForeign(_ error: AgeError) -> Diagnostic {
        switch error {
        case .empty: Diagnostic(.ageForeign, "the file is empty")
        case .versionUnsupported(let version):
            Diagnostic(
                .ageForeign, "the file is of age's version `\(version.visible)`; only v1 is known")
        default: Diagnostic(.ageForeign, "the file is not encrypted with age")
        }
    }

    private static func describeDamage(_ error: AgeError) -> Diagnostic {
        switch error {
        case .headerMalformed(let reason):
            Diagnostic(.ageMalformed, "the file's header is malformed: \(reason.visible)")
        case .headerTooLarge(let limit):
            Diagnostic(.ageMalformed, "the file's header has no end within \(limit)")
        case .armorMalformed(let reason):
            Diagnostic(.ageMalformed, "the file's armor is malformed: \(reason.visible)")
        case .truncated(let part):
            Diagnostic(.ageTruncated, "the file ends within its \(part.rawValue)")
        case .headerForged:
            Diagnostic(
                .ageDamaged, "the file's header was changed after it was written",
                help: "Somebody may have tampered with it: take it from where that is not so.")
        case .payloadDamaged(let offset):
            Diagnostic(
                .ageDamaged,
                "the file is damaged; its contents are whole up to byte \(offset) only")
        case .endDamaged(let offset):
            Diagnostic(
                .ageTruncated,
                "the file is cut off or damaged behind byte \(offset) of its contents")
        case .trailingData:
            Diagnostic(.ageDamaged, "something stands behind the file's end")
        default:
            Diagnostic(.ageDamaged, "the file's last piece is empty, which age never writes")
        }
    }

    private static func describeLock(_ error: AgeError) -> Diagnostic {
        switch error {
        case .noMatch(let recipients, let tried):
            Diagnostic(
                .ageNoMatch, "no key at hand opens the file",
                hint: tried == 0
                    ? "no secret key was given"
                    : "\(counted(tried, "secret key")) tried; the file is for \(listed(recipients))"
            )
        case .passphraseNeeded:
            Diagnostic(
                .agePassphrase, "the file is encrypted with a passphrase, and none was given")
        case .workFactorTooHigh(let exponent, let limit):
            Diagnostic(
                .ageWorkFactor,
                WorkFactor(exponent: exponent).map {
                    "trying a passphrase on this file takes \($0), and \(limit) is the limit"
                } ?? "trying a passphrase on this file would never end")
        case .outOfMemory(let factor):
            Diagnostic(
                .ageWorkFactor, "there is not the memory to try a passphrase with: \(factor)")
        default: Diagnostic(.agePassphrase, "the passphrase does not open the file")
        }
    }

    private static func describeKey(_ error: AgeError) -> Diagnostic {
        switch error {
        case .noRecipients:
            Diagnostic(.ageRecipient, "there is nobody to encrypt to")
        case .recipientUnusable(let text, let reason, let line):
            Diagnostic(
                .ageRecipient,
                "\(place(line))the recipient \(text.map { "`\($0.visible)` " } ?? "")"
                    + "cannot be used: \(reason)")
        case .identityUnusable(let reason, let line):
            Diagnostic(.ageIdentity, "\(place(line))the secret key cannot be used: \(reason)")
        default: Diagnostic(.agePassphrase, "the passphrase is empty")
        }
    }

    private static func place(_ line: Int?) -> String {
        line.map { "line \($0): " } ?? ""
    }

    private static func counted(_ count: Int, _ what: String) -> String {
        "\(count) \(what)\(count == 1 ? "" : "s")"
    }

    /// `2 × X25519, 1 × piv-p256`; a header may hold thousands of them.
    private static func listed(_ types: [String]) -> String {
        var counts: [(type: String, count: Int)] = []
        for type in types {
            if let index = counts.firstIndex(where: { $0.type == type }) {
                counts[index].count += 1
            } else if counts.count < 5 {
                counts.append((type, 1))
            }
        }
        return counts.map { "\($0.count) × \($0.type.prefix(40).visible)" }.joined(separator: ", ")
    }
}
