public import AWS
import HTTP
import Vocabulary

/// The one place where settings become a repository.
public enum RepositoryOpening {
    /// Nothing is asked of a bucket before it is used.
    ///
    /// - Parameter environment: where a bucket's credentials, and what the settings do not say,
    ///   are looked for.
    /// - Throws: a `Diagnostic` for a place that cannot be opened.
    public static func open(
        _ settings: RepositorySettings, environment: AWSEnvironment = .current
    ) async throws -> any Repository {
        switch settings.place {
        case .directory(let root): return DirectoryRepository(root: root)
        case .s3(let bucket, let prefix):
            let place = S3Place(
                bucket: bucket, endpoint: settings.endpoint, region: settings.region,
                isPathStyle: settings.isPathStyle, authorities: settings.authorities)
            do {
                return S3Repository(try await place.client(environment), prefix: prefix)
            } catch let error as S3Error {
                throw error.diagnostic(subject: "the repository \(settings.place)")
            } catch let error as CredentialsError {
                throw error.diagnostic(subject: "the repository \(settings.place)")
            }
        }
    }
}
