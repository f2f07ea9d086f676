internal import Vocabulary

/// A random mark in the metadata of an object that is written on a condition.
///
/// A write whose answer is lost is tried again, and then finds its own work: S3 says that the
/// condition does not hold. The mark tells whose work it is. Contents could not: two that create
/// one lock may well write the same.
struct S3WriteMark: Hashable, Sendable {
    static let prefix = "x-amz-meta-"
    static let name = "finflow-write"

    let text: String

    init() {
        text = (0..<16).map { _ in UInt8.random(in: 0...255) }.hexadecimal
    }

    var header: SignableRequest.Header { .init(Self.prefix + Self.name, text) }
}
