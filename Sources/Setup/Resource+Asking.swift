import Hosts
import Resources

extension Resource {
    /// Plans, and asks what else that needs to know, as often as the answers leave a further
    /// question open: each of the parts of a resource may have one.
    func plan(
        _ context: PlanContext, asking ask: ([any Probe]) async throws -> Answers
    ) async throws -> ResourcePlan {
        var context = context
        for _ in 0..<8 {
            do {
                return try plan(context)
            } catch let more as MoreQuestions {
                context.answers.merge(try await ask(more.questions))
            }
        }
        return try plan(context)
    }
}
