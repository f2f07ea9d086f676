/// Which elements of two sequences stay when one becomes the other: a longest common
/// subsequence where that can be had at a bounded price, else a common one.
///
/// Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), §4b: linear space. What
/// occurs on one side only can be in no common subsequence and is left out beforehand, which
/// makes the worst case of real texts, two that have nothing in common, the cheapest one.
struct CommonSubsequence {
    private(set) var keptOnLeft: [Bool]
    private(set) var keptOnRight: [Bool]

    init(_ left: [Int], _ right: [Int]) {
        keptOnLeft = Array(repeating: false, count: left.count)
        keptOnRight = Array(repeating: false, count: right.count)
        let onLeft = Set(left)
        let onRight = Set(right)
        let leftPlaces = left.indices.filter { onRight.contains(left[$0]) }
        let rightPlaces = right.indices.filter { onLeft.contains(right[$0]) }
        var search = MiddleSnakeSearch(
            left: leftPlaces.map { left[$0] }, right: rightPlaces.map { right[$0] })
        search.run { pair in
            keptOnLeft[leftPlaces[pair.left]] = true
            keptOnRight[rightPlaces[pair.right]] = true
        }
    }
}

private struct MiddleSnakeSearch {
    /// More differences than this in one box are not searched through: the price grows with
    /// their square, and no person reads such a difference line by line.
    private static let limit = 1500

    private let left: [Int]
    private let right: [Int]
    private var forward: [Int]
    private var backward: [Int]

    init(left: [Int], right: [Int]) {
        self.left = left
        self.right = right
        let size = 2 * (left.count + right.count) + 3
        forward = Array(repeating: 0, count: size)
        backward = forward
    }

    /// Reports each pair of elements that stay.
    mutating func run(_ keep: ((left: Int, right: Int)) -> Void) {
        // A list of boxes and not recursion: how deep it goes is the input's to decide.
        var boxes = [(left: left.indices, right: right.indices)]
        while let box = boxes.popLast() {
            var (lower, upper) = (box.left.lowerBound, box.left.upperBound)
            var (lowerRight, upperRight) = (box.right.lowerBound, box.right.upperBound)
            while lower < upper, lowerRight < upperRight, left[lower] == right[lowerRight] {
                keep((lower, lowerRight))
                lower += 1
                lowerRight += 1
            }
            while lower < upper, lowerRight < upperRight, left[upper - 1] == right[upperRight - 1] {
                upper -= 1
                upperRight -= 1
                keep((upper, upperRight))
            }
            guard lower < upper, lowerRight < upperRight,
                let middle = middle(of: lower..<upper, lowerRight..<upperRight)
            else { continue }
            boxes.append((lower..<middle.left, lowerRight..<middle.right))
            boxes.append((middle.left..<upper, middle.right..<upperRight))
        }
    }

    /// A point on a shortest path through the box, apart from its corners; `nil` when the box
    /// has nothing in common or is too different.
    private mutating func middle(
        of rows: Range<Int>, _ columns: Range<Int>
    ) -> (left: Int, right: Int)? {
        let (count, countRight) = (rows.count, columns.count)
        let delta = count - countRight
        let isOdd = delta & 1 != 0
        let origin = forward.count / 2
        forward[origin + 1] = 0
        backward[origin + 1] = 0
        for distance in 0...min((count + countRight + 1) / 2, Self.limit) {
            for diagonal in stride(from: -distance, through: distance, by: 2) {
                var x = Self.start(forward, origin + diagonal, diagonal, distance)
                while x < count, x - diagonal < countRight,
                    x - diagonal >= 0,
                    left[rows.lowerBound + x] == right[columns.lowerBound + x - diagonal]
                {
                    x += 1
                }
                forward[origin + diagonal] = x
                if isOdd, abs(delta - diagonal) < distance,
                    x + backward[origin + delta - diagonal] >= count
                {
                    return Self.point(x, x - diagonal, in: rows, columns)
                }
            }
            for diagonal in stride(from: -distance, through: distance, by: 2) {
                var x = Self.start(backward, origin + diagonal, diagonal, distance)
                while x < count, x - diagonal < countRight,
                    x - diagonal >= 0,
                    left[rows.upperBound - 1 - x] == right[columns.upperBound - 1 - x + diagonal]
                {
                    x += 1
                }
                backward[origin + diagonal] = x
                if !isOdd, abs(delta - diagonal) <= distance,
                    x + forward[origin + delta - diagonal] >= count
                {
                    return Self.point(count - x, countRight - x + diagonal, in: rows, columns)
                }
            }
        }
        return nil
    }

    /// Where the furthest path to a diagonal starts: from the one below or the one above.
    private static func start(
        _ furthest: [Int], _ index: Int, _ diagonal: Int, _ distance: Int
    ) -> Int {
        diagonal == -distance
            || (diagonal != distance && furthest[index - 1] < furthest[index + 1])
            ? furthest[index + 1] : furthest[index - 1] + 1
    }

    private static func point(
        _ x: Int, _ y: Int, in rows: Range<Int>, _ columns: Range<Int>
    ) -> (left: Int, right: Int)? {
        let isCorner = (x == 0 && y == 0) || (x == rows.count && y == columns.count)
        guard (0...rows.count).contains(x), (0...columns.count).contains(y), !isCorner else {
            return nil
        }
        return (rows.lowerBound + x, columns.lowerBound + y)
    }
}
