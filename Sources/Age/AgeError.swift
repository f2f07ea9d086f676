public import Vocabulary

/// Why an age file is not read, or not written. None of it says anything of a secret.
public enum AgeError: Error, Hashable, Sendable {
    /// What of a file was to come when it ended.
    public enum Part: String, Hashable, Sendable {
        case header, payload, armor
    }

    // No age file
    case empty
    case notAge
    case versionUnsupported(String)

    // A damaged one
    case headerMalformed(String)
    case headerTooLarge(limit: ByteCount)
    case armorMalformed(String)
    case truncated(Part)
    /// The header was changed after it was written, by somebody who does not hold the file key.
    case headerForged
    /// A chunk is not what was written there.
    ///
    /// - Parameter offset: up to where the plaintext is whole.
    case payloadDamaged(offset: Int)
    /// The last chunk is damaged, or it is not the last one: the file was cut off.
    case endDamaged(offset: Int)
    case lastChunkEmpty
    case trailingData

    // One for somebody else
    /// - Parameters:
    ///   - recipients: the types of those that the file has.
    ///   - tried: how many identities there were.
    case noMatch(recipients: [String], tried: Int)
    case passphraseNeeded
    case passphraseWrong
    /// - Parameter exponent: `Int.max` for a number beyond all bounds.
    case workFactorTooHigh(exponent: Int, limit: WorkFactor)
    case outOfMemory(WorkFactor)

    // Keys
    case noRecipients
    case passphraseEmpty
    /// - Parameter text: `nil` when it may be a secret.
    case recipientUnusable(_ text: String?, reason: String, line: Int?)
    case identityUnusable(reason: String, line: Int?)
}

extension AgeError {
    /// The same for an operator.
    ///
    /// - Parameter subject: the file that it concerns.
    public func diagnostic(subject: String? = nil) -> Diagnostic {
        var diagnostic = AgeDiagnostics.describe(self)
        diagnostic.subject = subject
        return diagnostic
    }
}
