/// The name among `known` that a typing slip most likely meant, if one is near enough:
/// at most a third of the letters wrong. Distance: Damerau–Levenshtein, adjacent
/// transpositions counted once (the restricted form).
public func nearestName(to name: String, among known: some Sequence<String>) -> String? {
    // Of one or two letters, every other short name is a slip away.
    let limit = name.unicodeScalars.count < 3 ? 0 : max(1, name.unicodeScalars.count / 3)
    return
        known
        .map { (name: $0, distance: editDistance(name, $0)) }
        .filter { $0.distance <= limit && $0.name != name }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?
        .name
}

func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.unicodeScalars)
    let right = Array(right.unicodeScalars)
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in left.indices {
        var current = [row + 1]
        for column in right.indices {
            var best = min(
                last[column + 1] + 1,
                current[column] + 1,
                last[column] + (left[row] == right[column] ? 0 : 1))
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                best = min(best, beforeLast[column - 1] + 1)
            }
            current.append(best)
        }
        (beforeLast, last) = (last, current)
    }
    return last[right.count]
}
