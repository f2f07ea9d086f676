public import Resources
public import Schema
public import Vocabulary

/// What plans of an undo may ask of the controller: secrets, and no files, since what is put
/// back lies on the host.
public struct UndoFiles: PlaybookFiles {
    /// Gives a text with markers the values that its credentials have now.
    public typealias Secrets =
        @Sendable (_ referenced: String, _ place: SourcePlace) throws(Diagnostics) -> SecretText

    /// - Parameter credentials: those of the environment; `nil` for none.
    static func secrets(from credentials: Credentials?) -> Secrets {
        { referenced, place throws(Diagnostics) in
            func lost(_ why: String) -> Diagnostics {
                Diagnostics([Diagnostic(.notKept, why, at: place)])
            }
            guard let credentials else {
                throw lost("it holds secrets, and the secrets of the environment are not known")
            }
            guard let text = ReferencedText(referenced) else {
                throw lost("it holds secrets, and their names cannot be read")
            }
            do throws(MissingCredential) {
                return try SecretText(text, with: credentials)
            } catch {
                throw lost(
                    "it holds a secret that there is not any more: `\(error.credential.name)`")
            }
        }
    }

    public let stateDirectory: String
    private let secrets: Secrets

    init(stateDirectory: String, secrets: @escaping Secrets) {
        self.stateDirectory = stateDirectory
        self.secrets = secrets
    }

    public func secretText(
        of referenced: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        try secrets(referenced, place)
    }

    public func renderedTemplate(
        _ source: String, at place: SourcePlace
    ) throws(Diagnostics) -> SecretText {
        throw none(source, place)
    }

    public func digest(of source: String, at place: SourcePlace) throws(Diagnostics) -> FileDigest {
        throw none(source, place)
    }

    public func path(of source: String, at place: SourcePlace) throws(Diagnostics) -> String {
        throw none(source, place)
    }

    private func none(_ source: String, _ place: SourcePlace) -> Diagnostics {
        Diagnostics([
            Diagnostic(
                .localFileProblem, "`\(source.visible)` is no part of what the host has kept",
                at: place)
        ])
    }
}
