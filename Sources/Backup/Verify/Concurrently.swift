extension Array where Element: Sendable {
    /// What `transform` makes of each element, in their order, with so many at work at a time.
    /// The first error cancels the others.
    func concurrently<Value: Sendable>(
        _ limit: Int, _ transform: @escaping @Sendable (Element) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            var values = [Value?](repeating: nil, count: count)
            for index in indices {
                if index >= Swift.max(1, limit), let (place, value) = try await group.next() {
                    values[place] = value
                }
                let element = self[index]
                group.addTask { (index, try await transform(element)) }
            }
            for try await (place, value) in group { values[place] = value }
            return values.compactMap(\.self)
        }
    }
}
