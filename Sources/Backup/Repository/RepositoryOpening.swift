import Vocabulary

/// The one place where settings become a repository.
public enum RepositoryOpening {
    /// - Throws: a `Diagnostic` for a kind of place that cannot be opened.
    public static func open(_ settings: RepositorySettings) async throws -> any Repository {
        switch settings.place {
        case .directory(let root): return DirectoryRepository(root: root)
        case .s3:
            throw Diagnostic(
                .unsupportedRepository, "`\(settings.place)` cannot be opened yet",
                help: "Name a directory as `repository:` of the section `backup:`.")
        }
    }
}
