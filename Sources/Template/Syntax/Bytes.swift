extension RandomAccessCollection where Element == UInt8, Index == Int {
    /// The first place at or after `start` where `part` stands; an empty part stands everywhere.
    func firstRange(of part: some RandomAccessCollection<UInt8>, from start: Int) -> Range<Int>? {
        guard let first = part.first else { return start..<start }
        var offset = start
        while offset + part.count <= endIndex {
            if self[offset] == first, self[offset..<offset + part.count].elementsEqual(part) {
                return offset..<offset + part.count
            }
            offset += 1
        }
        return nil
    }
}
