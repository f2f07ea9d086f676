import AWS
import Loop
import Playbook
import Record
import Vocabulary

/// The state store of an environment.
enum Records {
    static func store(
        of environment: String, at place: StatePlace?
    ) async throws(Failure) -> any StateStore {
        switch place {
        case .directory(let root)?:
            return DirectoryStore(root: root)
        case .s3(let bucket)?:
            let place = S3Place(
                bucket: bucket.bucket, endpoint: bucket.endpoint, region: bucket.region,
                isPathStyle: bucket.isPathStyle, authorities: bucket.authorities)
            do {
                return S3Store(try await place.client(), prefix: bucket.prefix)
            } catch {
                throw unusable(error, environment)
            }
        case nil:
            guard let root = DirectoryStore.usualRoot(environment: environment) else {
                throw Failure(
                    Diagnostic(
                        .noStateHome, "there is no place for the records of `\(environment)`",
                        help: "Set HOME, or `state:` in environment.yaml."))
            }
            return DirectoryStore(root: root)
        }
    }

    private static func unusable(_ error: any Error, _ environment: String) -> Failure {
        let reason =
            switch error {
            case let error as S3Error: error.diagnostic().message
            case let error as CredentialsError: error.diagnostic().message
            default: String(describing: error).visible
            }
        return Failure(
            Diagnostic(
                .unsupportedStateStore,
                "the records of `\(environment)` cannot be kept there: \(reason)",
                help: "`state:` in environment.yaml names the bucket."))
    }

    /// What a store could not do, in the operator's words.
    static func failure(_ error: any Error, _ code: Diagnostic.Code) -> Failure {
        guard let error = error as? StateStoreError else {
            return Failure(Diagnostic(code, String(describing: error).visible))
        }
        return Failure(error.diagnostic(code))
    }
}
