import Glibc

/// Counts and sums the rows of COPY text that comes in pieces, in memory that does not grow with
/// a row: one may be a gigabyte long.
///
/// Rows end at line ends: within a row COPY writes those as `\n`. Source: COPY in PostgreSQL's
/// reference, «Text Format».
public struct RowSummer: Sendable {
    public private(set) var rows = RowSummary()
    /// The row that a piece ended in.
    private var begun = XXH64()
    private var hasBegun = false
    private var marker: Marker

    private enum Marker {
        /// None comes: what `COPY … TO STDOUT` gives.
        case none
        case awaited
        case seen
        /// Something stands behind it.
        case passed
    }

    /// - Parameter isMarked: whether a line `\.` ends the rows, as in a dump; behind it there
    ///   are empty lines at most.
    public init(isMarked: Bool = false) {
        marker = isMarked ? .awaited : .none
    }

    public mutating func add(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard var start = bytes.baseAddress else { return }
        let end = start + bytes.count
        while start < end {
            guard let found = memchr(start, 0x0A, end - start) else {
                begun.add(UnsafeRawBufferPointer(start: start, count: end - start))
                hasBegun = true
                return
            }
            let line = UnsafeRawBufferPointer(
                start: start, count: UnsafeRawPointer(found) - start)
            if hasBegun {
                begun.add(line)
                let isMarker = begun.consists(of: Self.markerLine)
                endRow(begun.finish(), isMarker: isMarker, isEmpty: false)
                hasBegun = false
            } else {
                endRow(
                    XXH64.hash(line), isMarker: line.elementsEqual(Self.markerLine),
                    isEmpty: line.isEmpty)
            }
            start = UnsafeRawPointer(found) + 1
        }
    }

    /// A backslash in a row is written as two: no row is this.
    private static let markerLine: [UInt8] = [UInt8(ascii: "\\"), UInt8(ascii: ".")]

    private mutating func endRow(_ hash: UInt64, isMarker: Bool, isEmpty: Bool) {
        switch marker {
        case .none: rows.add(hash)
        case .awaited: if isMarker { marker = .seen } else { rows.add(hash) }
        case .seen, .passed: if !isEmpty { marker = .passed }
        }
    }

    /// Whether the last row, and the marker where there should be one, have come.
    public var isComplete: Bool {
        switch marker {
        case .none, .seen: !hasBegun
        case .awaited, .passed: false
        }
    }
}
