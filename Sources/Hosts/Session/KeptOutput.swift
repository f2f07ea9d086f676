internal import Vocabulary

/// What a script prints to one stream: all of it, or its beginning and its end.
struct KeptOutput {
    private let limit: Int?
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var total = 0

    /// - Parameter limit: for the beginning, and for the end.
    init(limit: ByteCount?) {
        self.limit = limit.map { Int($0.bytes) }
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) {
        total += bytes.count
        guard let limit else {
            head += bytes
            return
        }
        let room = max(0, limit - head.count)
        head += bytes.prefix(room)
        tail += bytes.dropFirst(room).suffix(limit)
        // Now and then, so that what is kept is not moved for each piece.
        if tail.count > 2 * limit { tail.removeFirst(tail.count - limit) }
    }

    var count: Int { head.count + tail.count }
    var bytes: [UInt8] { head + end }
    var omitted: Int { total - head.count - end.count }

    private var end: ArraySlice<UInt8> { tail.suffix(limit ?? 0) }
}
