import Loop
import Playbook
import Record
import Vocabulary

/// The state store of an environment.
enum Records {
    static func store(
        of environment: String, at place: StatePlace?
    ) throws(Failure) -> any StateStore {
        switch place {
        case .directory(let root)?:
            return DirectoryStore(root: root)
        case .s3?:
            throw Failure(
                Diagnostic(
                    .unsupportedStateStore,
                    "the records of `\(environment)` cannot be kept in a bucket yet",
                    help: "Name a directory as `state:` in environment.yaml."))
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

    /// What a store could not do, in the operator's words.
    static func failure(_ error: any Error, _ code: Diagnostic.Code) -> Failure {
        guard let error = error as? StateStoreError else {
            return Failure(Diagnostic(code, String(describing: error).visible))
        }
        return Failure(error.diagnostic(code))
    }
}
