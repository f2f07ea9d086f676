import Resources

/// How often somebody else may come in between.
private let patience = 20

/// Looks and acts, and does both again as long as somebody else changes the same thing in
/// between.
///
/// - Parameter body: is told whether it is done again.
func patiently<Value: Sendable>(
    _ body: (_ again: Bool) async throws -> Value
) async throws -> Value {
    var overtaken = 0
    while true {
        do {
            return try await body(overtaken > 0)
        } catch let error as ActionError where error.isStale && overtaken < patience {
            overtaken += 1
        }
    }
}
