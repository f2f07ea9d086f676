public import Schema
import Vocabulary

/// Which snapshots are kept when others are pruned.
public struct RetentionSettings: SchemaModel, Hashable {
    /// The newest ones, whatever their age.
    public var last = 3
    /// The newest of each of so many days, weeks, months that have one.
    public var daily = 7
    public var weekly = 5
    public var monthly = 12
    /// Below so many good ones nothing is pruned.
    public var minimum = 2

    public init() {}

    public static let schema = Schema<RetentionSettings>(
        "retention", summary: "Which snapshots `backup prune` keeps.",
        details: "Only snapshots that have been read back to their end count, and days are UTC's.",
        fields: [
            count("last", \.last, "3", "The newest ones, whatever their age."),
            count("daily", \.daily, "7", "The newest of each of so many days."),
            count("weekly", \.weekly, "5", "The newest of each of so many weeks (ISO 8601)."),
            count("monthly", \.monthly, "12", "The newest of each of so many months."),
            .optional(
                "minimum", \.minimum, .wholeNumber(in: 1...10_000), default: "2",
                "Below so many good ones nothing is pruned."),
        ],
        example: "{ last: 3, daily: 7, weekly: 5, monthly: 12, minimum: 2 }")

    private static func count(
        _ name: String, _ path: any WritableKeyPath<RetentionSettings, Int> & Sendable,
        _ usual: String, _ summary: String
    ) -> Field<RetentionSettings> {
        .optional(name, path, .wholeNumber(in: 0...10_000), default: usual, summary)
    }
}
