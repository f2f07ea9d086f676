/// Bars that overlap in time, in as few lines as do without covering each other.
enum Packing {
    /// The line of each bar, from 0; no more than `most`, where the last ones share.
    ///
    /// - Parameter gap: in the same unit, between bars on a line.
    static func lines(
        of spans: [ClosedRange<Double>], gap: Double, most: Int
    ) -> (lines: [Int], count: Int) {
        var result = [Int](repeating: 0, count: spans.count)
        var ends: [Double] = []
        let order = spans.indices.sorted {
            (spans[$0].lowerBound, $0) < (spans[$1].lowerBound, $1)
        }
        for index in order {
            let span = spans[index]
            if let line = ends.firstIndex(where: { $0 + gap <= span.lowerBound }) {
                ends[line] = span.upperBound
                result[index] = line
            } else if ends.count < most {
                result[index] = ends.count
                ends.append(span.upperBound)
            } else {
                // The one that is free soonest.
                let line = ends.indices.min { ends[$0] < ends[$1] } ?? 0
                ends[line] = max(ends[line], span.upperBound)
                result[index] = line
            }
        }
        return (result, max(ends.count, 1))
    }
}
