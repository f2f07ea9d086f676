extension Array where Element == String {
    /// The words in portions that each fit into one command: Linux limits the words of all
    /// arguments to a quarter of the stack, 2 MiB by default, and a host may allow less.
    var inCommandLines: [[String]] {
        var result: [[String]] = []
        var room = 0
        for word in self {
            if word.utf8.count + 1 > room {
                result.append([])
                room = 64 << 10
            }
            result[result.count - 1].append(word)
            room -= word.utf8.count + 1
        }
        return result
    }
}
