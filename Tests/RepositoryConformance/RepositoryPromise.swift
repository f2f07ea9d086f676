public import Backup
public import Testing

/// Something that every repository promises, as a check of a new, empty one.
///
/// ```swift
/// @Test(arguments: RepositoryPromise.all)
/// func `a bucket keeps it`(promise: RepositoryPromise) async throws {
///     try await withBucket { try await promise.check(S3Repository($0), S3Repository($0)) }
/// }
/// ```
public struct RepositoryPromise: CustomTestStringConvertible, Sendable {
    public let testDescription: String
    /// With two handles of one repository, as two processes have them.
    public let check:
        @Sendable (_ repository: any Repository, _ other: any Repository) async throws -> Void

    init(
        _ description: String,
        _ check: @escaping @Sendable (any Repository, any Repository) async throws -> Void
    ) {
        testDescription = description
        self.check = check
    }

    public static let all = objects + races + listings
}

/// A key that is one.
public func key(_ path: String) throws -> ObjectKey { try #require(ObjectKey(path)) }
