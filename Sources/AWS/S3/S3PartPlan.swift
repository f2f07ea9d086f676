public import Vocabulary

/// Into parts of which size an object is cut, and how many of them are under way at once. S3
/// takes parts of 5 MiB to 5 GiB, the last one smaller too, and at most 10,000 of them.
public struct S3PartPlan: Hashable, Sendable {
    /// Of the first parts.
    public let size: ByteCount
    public let concurrency: Int
    /// Where the length is not known: behind this many, parts grow.
    private let growsAfter: Int?

    public static let smallest = ByteCount.mebibytes(5)
    public static let mostParts = 10_000

    /// - Parameters:
    ///   - length: of the object, as far as it is known; a stream may turn out to be shorter.
    ///   - size: what parts should have, unless they would be too many.
    ///   - concurrency: parts under way at once; one more is being filled. Together they are all
    ///     of an upload's memory, as long as parts do not grow.
    public init(
        length: Int? = nil, size: ByteCount = .mebibytes(8), concurrency: Int = 3
    ) {
        let size = max(size, Self.smallest)
        if let length {
            let mebibyte = 1 << 20
            let least = (length + Self.mostParts - 1) / Self.mostParts
            // In whole MiB, so that a resumed upload cuts alike.
            self.size = ByteCount(max(size.bytes, (least + mebibyte - 1) / mebibyte * mebibyte))
            growsAfter = nil
        } else {
            self.size = size
            growsAfter = 5000
        }
        self.concurrency = max(1, concurrency)
    }

    /// The size of a part, in bytes. Without a known length parts double every thousand from the
    /// 5,001st on: parts of 8 MiB come to half a terabyte.
    func size(of number: Int) -> Int {
        guard let growsAfter, number > growsAfter else { return size.bytes }
        return size.bytes << ((number - growsAfter - 1) / 1000 + 1)
    }
}
